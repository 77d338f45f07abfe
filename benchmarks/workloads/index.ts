import type { Workload } from "../bench.js";
import { oneAttribute } from "./w01-one-attribute.js";
import { oneProperty } from "./w02-one-property.js";
import { oneTag } from "./w03-one-tag.js";
import { nothingChanged } from "./w04-nothing-changed.js";
import { everythingChanged } from "./w05-everything-changed.js";
import { saveOne } from "./w06-save-one.js";
import { addAndRemove } from "./w07-add-and-remove.js";
import { hotRecord } from "./w08-hot-record.js";
import { overlap } from "./w09-overlap.js";
import { zipf } from "./w10-zipf.js";
import { batches } from "./w11-batches.js";
import { entriesSlope } from "./w12-entries.js";
import { wideJson } from "./w13-wide-json.js";
import { memory } from "./w14-memory.js";
import { tufPublish } from "./w20-tuf-publish.js";
import { tufImport } from "./w21-tuf-import.js";
import { tufRenewal } from "./w22-tuf-renewal.js";

/** In the order in which they run. A new workload is a file of its own and a line here. */
export const WORKLOADS: readonly Workload[] = [
  oneAttribute,
  oneProperty,
  oneTag,
  nothingChanged,
  everythingChanged,
  saveOne,
  addAndRemove,
  hotRecord,
  overlap,
  zipf,
  batches,
  entriesSlope,
  wideJson,
  memory,
  tufPublish,
  tufImport,
  tufRenewal,
];
