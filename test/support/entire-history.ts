import type { History, HistoryEntry } from "../../domain/distinction/history.js";

/** All writes, as a reader gets them page by page. */
export async function entireHistory(history: History): Promise<HistoryEntry[]> {
  const all: HistoryEntry[] = [];
  for (let cursor = 0; ;) {
    const page = await history.changesSince(cursor, 5);
    if (page.entries.length === 0) return all;
    all.push(...page.entries);
    ({ cursor } = page);
  }
}
