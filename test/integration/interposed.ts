import type { Clock } from "../../domain/distinction/clock.js";
import type { Connection, Connector } from "../../infrastructure/persistence/connection/connection.js";
import { Database } from "../../infrastructure/persistence/connection/database.js";
import type { Dialect } from "../../infrastructure/persistence/connection/dialect.js";
import { marking } from "../../infrastructure/persistence/connection/server-error.js";
import type { Session, Statement } from "../../infrastructure/persistence/connection/session.js";

/** What is about to be sent, and the connection that it goes over. What this throws comes in place of the server's answer. */
export type BeforeStep = (step: Step, session: Session) => void | Promise<void>;

export type Step = "BEGIN" | "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "COMMIT";

/** The database `inner` with something between it and those who use it, ahead of every step. */
export function interposed(inner: Database, before: BeforeStep, clock: Clock): Database {
  const open = async (): Promise<Connector> => new InterposedConnector(inner, await inner.dialect(), before);
  return new Database(inner.address, open, { clock, random: Math.random });
}

class InterposedConnector implements Connector {
  constructor(
    private readonly inner: Database,
    readonly dialect: Dialect,
    private readonly before: BeforeStep,
  ) {}

  withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.withConnection(work);
  }

  async withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    // Settled inside: what to make of an error is for the outer database to tell, not for the inner one.
    const [outcome] = await this.inner.lend((session) =>
      Promise.allSettled([work(new InterposedConnection(session, this.dialect, this.before))]),
    );
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

class InterposedConnection implements Connection {
  readonly frame = { begin: "BEGIN", commit: "COMMIT", rollback: "ROLLBACK" };

  constructor(
    private readonly session: Session,
    private readonly dialect: Dialect,
    private readonly before: BeforeStep,
  ) {}

  async rows(statement: Statement): ReturnType<Session["rows"]> {
    await marking(() => this.before(stepOf(statement), this.session));
    return this.session.rows(statement);
  }

  async run(statement: Statement): Promise<number> {
    await marking(() => this.before(stepOf(statement), this.session));
    return this.session.run(statement);
  }

  async begin(): Promise<void> {
    await marking(() => this.before("BEGIN", this.session));
    await this.#control(this.dialect.name === "sqlite" ? "BEGIN IMMEDIATE" : "BEGIN");
  }

  async commit(): Promise<void> {
    await marking(() => this.before("COMMIT", this.session));
    await this.#control("COMMIT");
  }

  rollback(): Promise<void> {
    return this.#control("ROLLBACK");
  }

  async #control(sql: string): Promise<void> {
    await this.session.run({ sql, parameters: [], varying: true });
  }
}

function stepOf({ sql }: Statement): Step {
  return sql.slice(0, sql.indexOf(" ")) as Step;
}
