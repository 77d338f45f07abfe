import { expect } from "vitest";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import type { Statement } from "../../infrastructure/persistence/connection/session.js";

/** The statement with which `list` asked for the rows of a page, among all that it sent. */
export async function pageSent(sent: StatementEvent[], list: () => Promise<unknown>): Promise<Statement> {
  sent.length = 0;
  await list();
  const pages = sent.filter(({ sql }) => /^SELECT .* FROM `?"?images\b.* ORDER BY .* LIMIT \d+$/s.test(sql));
  expect(pages, sent.map(({ sql }) => sql).join("\n")).toHaveLength(1);
  const [{ sql, parameters }] = pages as [StatementEvent];
  return { sql, parameters, varying: true };
}
