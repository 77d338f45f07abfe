/** In-memory twins of the ports, for tests without a database. */
export { MemoryRecordStore } from "../infrastructure/memory/memory-record-store.js";
export { systemClock } from "../infrastructure/clock/system-clock.js";
