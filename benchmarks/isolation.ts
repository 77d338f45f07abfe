import { setTimeout as delay } from "node:timers/promises";
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";

/** Servers look at their transactions anew when nobody has asked for 100 ms. */
const LOOK = 110;
const MOST_LOOKS = 50;

/** Who writes a row, and how. */
export interface Writer {
  readonly name: string;
  readonly table: string;
  /** Values that tell a row that is there from others. */
  readonly row: Readonly<Record<string, string>>;
  readonly write: () => Promise<unknown>;
}

/**
 * The isolation level of the transaction in which every one of them writes, read from the server and not from what they
 * set: while the row is locked the transaction waits, and the server lists it.
 *
 * @throws Error that names who has which, where they differ; or that the account may not see the server's transactions
 */
export async function commonIsolation(url: string, writers: readonly Writer[]): Promise<string> {
  const holder = await createConnection({ uri: url });
  try {
    const namesOf = new Map<string, string[]>();
    for (const writer of writers) {
      const level = await isolationOf(holder, writer);
      namesOf.set(level, [...(namesOf.get(level) ?? []), writer.name]);
    }
    if (namesOf.size === 1) return [...namesOf.keys()][0]!;
    const found = Array.from(namesOf, ([level, names]) => `${level} (${names.join(", ")})`);
    throw new Error(`the arms write at different isolation levels: ${found.join("; ")}`);
  } finally {
    holder.destroy();
  }
}

async function isolationOf(holder: Connection, { name, table, row, write }: Writer): Promise<string> {
  await holder.beginTransaction();
  const conditions = Object.keys(row).map(() => "?? = ?");
  const sql = `SELECT 1 FROM ?? WHERE ${conditions.join(" AND ")} FOR UPDATE`;
  const [held] = await holder.query<RowDataPacket[]>(sql, [table, ...Object.entries(row).flat()]);
  if (held.length === 0) throw new Error(`${table} has no ${Object.values(row).join(", ")}`);
  let isOver = false;
  const writing = write().finally(() => (isOver = true));
  writing.catch(() => undefined); // it is awaited below, if the look does not fail before
  for (let looks = 0; looks < MOST_LOOKS && !isOver; looks++) {
    await delay(LOOK);
    const level = await levelOfWaiting(holder);
    if (level === undefined) continue;
    await holder.rollback();
    await writing;
    return level;
  }
  await holder.rollback();
  await writing;
  throw new Error(`${name} did not wait for the row that it writes`);
}

/** Of the transaction that waits for a row of our database; nobody else works there. */
async function levelOfWaiting(holder: Connection): Promise<string | undefined> {
  const [waiting] = await holder.query<RowDataPacket[]>(
    "SELECT trx_mysql_thread_id AS thread, trx_isolation_level AS level FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'",
  );
  if (waiting.length === 0) return undefined;
  const [[own]] = await holder.query<RowDataPacket[]>("SELECT DATABASE() AS name");
  const [all] = await holder.query<RowDataPacket[]>("SHOW PROCESSLIST");
  const ours = new Set(all.filter(({ db }) => db === own!["name"]).map(({ Id }) => Number(Id)));
  const found = waiting.find(({ thread }) => ours.has(Number(thread)));
  return found && String(found["level"]);
}
