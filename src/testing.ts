/** In-memory twins of the ports, for tests without a database. */
export { systemClock } from "../infrastructure/clock/system-clock.js";
export { memoryImages } from "../infrastructure/memory/memory-images.js";
export { MemoryHistory } from "../infrastructure/memory/memory-history.js";
export { MemoryRecordStore } from "../infrastructure/memory/memory-record-store.js";
export { MemoryUnitOfWork } from "../infrastructure/memory/memory-unit-of-work.js";
export { MemoryTargetEdits } from "../infrastructure/memory/target-edits.js";
export { TufState } from "../infrastructure/memory/tuf-state.js";
export { MemoryTrustStore } from "../infrastructure/memory/trust-store.js";
export { MemoryTufStore } from "../infrastructure/memory/tuf-store.js";
