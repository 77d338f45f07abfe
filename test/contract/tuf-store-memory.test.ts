import { MemoryTargetEdits } from "../../infrastructure/memory/target-edits.js";
import { TufState } from "../../infrastructure/memory/tuf-state.js";
import { MemoryTrustStore } from "../../infrastructure/memory/trust-store.js";
import { MemoryTufStore } from "../../infrastructure/memory/tuf-store.js";
import { tufStoreContract } from "./tuf-store.js";

tufStoreContract("memory", async () => {
  const state = new TufState();
  return { store: new MemoryTufStore(state), trust: new MemoryTrustStore(state), edits: new MemoryTargetEdits(state) };
});
