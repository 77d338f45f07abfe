import type { PoolConnection } from "mysql2";
import type { Row, Session, Statement } from "./session.js";

/** Seconds that a statement waits for a row lock before its caller is asked whether to wait on. */
export const LOCK_WAIT_TIMEOUT = 2;

const TIMEOUT = "@@SESSION.innodb_lock_wait_timeout";
/** To MySQL the least of two kinds is a decimal. */
const SHORTEN = `@distinction_lock_wait = ${TIMEOUT}, ${TIMEOUT} = CAST(LEAST(${TIMEOUT}, ${LOCK_WAIT_TIMEOUT}) AS UNSIGNED)`;
const RESTORE = `${TIMEOUT} = @distinction_lock_wait`;

/**
 * A connection of others, while a hurried caller uses it: by itself it waits for locks as its owner set it, 50 seconds by
 * default, which is too long to ask whether to wait on.
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

  /** `session` with short waits from its first write on: what it reads by itself waits for nobody. */
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
