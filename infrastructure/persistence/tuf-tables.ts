import { binType } from "../../domain/tuf/bin-type.js";
import { recordTable } from "./record-table.js";

/**
 * Bins as records over the tables of the TUF store: a bin is a row of `tuf_role`, its targets are the rows of `tuf_target`
 * in the bin's range of the key, so that dividing bins anew would move no row.
 */
export const binTable = recordTable(binType, {
  name: "tuf_role",
  entries: {
    targets: {
      name: "tuf_target",
      owner: { repository: "repository" },
      range: { column: "path_hash", low: "rangeLow", high: "rangeHigh" },
      keyColumn: "path",
      digestColumn: "path_hash",
    },
  },
});
