import type { Workload } from "../bench.js";
import { nothingChanged } from "./w04-nothing-changed.js";
import { saveOne } from "./w06-save-one.js";
import { hotRecord } from "./w08-hot-record.js";
import { entriesSlope } from "./w12-entries.js";
import { memory } from "./w14-memory.js";

/** In the order in which they run. A new workload is a file of its own and a line here. */
export const WORKLOADS: readonly Workload[] = [nothingChanged, saveOne, hotRecord, entriesSlope, memory];
