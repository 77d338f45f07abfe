import { binary, fixed, integer, json, nullable, text } from "../distinction/attribute-type.js";
import { entries } from "../distinction/collection-type.js";
import { recordType, type RecordOf } from "../distinction/record-type.js";
import type { JsonObject } from "./json.js";
import { MAX_PATH_BYTES } from "./target-path.js";

const MAX_NAME = 128;
const DIGEST_BYTES = 32;

/**
 * A bin as a record: its version is the counter that edits move, its entries are the targets whose path digests lie in its
 * range. A role that has no range holds no targets and is no bin. Concurrent edits of one path are no conflict: the last
 * accepted wins (see `TargetEdits`).
 */
export const binType = recordType({
  name: "bin",
  key: ["repository", "name"],
  attributes: {
    repository: text(MAX_NAME),
    name: text(MAX_NAME),
    /** First and last digest of the range, both included. */
    rangeLow: fixed(nullable(binary(DIGEST_BYTES))),
    rangeHigh: fixed(nullable(binary(DIGEST_BYTES))),
  },
  collections: {
    targets: entries(text(MAX_PATH_BYTES), {
      length: integer(0),
      sha256: text(2 * DIGEST_BYTES),
      custom: nullable(json<JsonObject>()),
    }),
  },
  policies: { targets: "mine" },
});

export type Bin = RecordOf<typeof binType>;
