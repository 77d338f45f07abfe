import type { PoolConnection } from "mysql2";
import type { Row, Session, Statement } from "./session.js";

/** Seconds that a statement waits for a lock before its caller is asked whether to wait on. */
export const LOCK_WAIT_TIMEOUT = 2;

/** What the servers wait for by itself: rows 50 seconds by default, tables that are altered or locked a day or a year. */
export const LOCK_WAITS = ["innodb_lock_wait_timeout", "lock_wait_timeout"] as const;

/** To MySQL the least of two kinds is a decimal. */
const SHORTEN = LOCK_WAITS.map((name) => {
  const least = `CAST(LEAST(@@SESSION.${name}, ${LOCK_WAIT_TIMEOUT}) AS UNSIGNED)`;
  return `@distinction_${name} = @@SESSION.${name}, @@SESSION.${name} = ${least}`;
}).join(", ");
const RESTORE = LOCK_WAITS.map((name) => `@@SESSION.${name} = @distinction_${name}`).join(", ");

/**
 * A connection of others, while a hurried caller uses it: by itself it waits for locks as its owner set it, which is too
 * long to ask whether to wait on.
 */
export class ShortLockWaits {
  #isShort = false;

  constructor(
    private readonly raw: Pick<PoolConnection, "destroy">,
    private readonly settings: Session,
  ) {}

  async begin(): Promise<void> {
    if (this.#isShort) return;
    this.#isShort = true;
    await this.#set(SHORTEN);
  }

  /** Runs `work`, and leaves the connection as it was before: where that fails, nobody else is to get it. */
  async restored<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      if (this.#isShort) await this.#set(RESTORE).catch(() => this.raw.destroy());
    }
  }

  /** `session` with short waits from its first write on: what reads alone may be left, and its connection ended. */
  session(session: Session): Session {
    return {
      rows: (statement: Statement): Promise<readonly Row[]> => session.rows(statement),
      run: async (statement: Statement): Promise<number> => {
        await this.begin();
        return session.run(statement);
      },
    };
  }

  async #set(sql: string): Promise<void> {
    await this.settings.run({ sql: `SET ${sql}`, parameters: [], varying: true });
  }
}
