import type { PoolConnection, TypeCastField, TypeCastNext } from "mysql2";
import type { DataSource, QueryRunner } from "typeorm";
import { tellOwner } from "./owners-logger.js";
import { plainParameters } from "./parameter.js";
import {
  errorMeaning,
  isUnbindable,
  isUnpreparable,
  LeftOpenError,
  marked,
  RefusedStatementError,
  wasNotSent,
} from "./server-error.js";
import { IN_TRANSACTION } from "./server-status.js";
import type { Row, Session, Statement } from "./session.js";

/**
 * For data sources that others configured: whatever they set, values come as our codecs expect them. The driver has no
 * setting per query for JSON and decimals.
 */
const OWN_DECODING = {
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: false, // as text only beyond the safe integers: making text of each is slow
  typeCast: (field: TypeCastField, next: TypeCastNext): unknown =>
    isJson(field) || field.type === "NEWDECIMAL" ? field.string("utf8") : next(),
} as const;

/** MariaDB's JSON is a text column: only the format that it sends along tells. */
function isJson({ type, extendedFormat }: TypeCastField): boolean {
  return type === "JSON" || extendedFormat === "json";
}

/** The driver's answer to a statement without rows. */
interface ResultSetHeader {
  readonly affectedRows: number;
  readonly serverStatus: number;
}

/** Statements through the driver's own connection; TypeORM's logger sees them. */
export class MySqlSession implements Session {
  constructor(
    private readonly dataSource: DataSource,
    protected readonly raw: PoolConnection,
    private readonly isForeign: boolean,
    private readonly largest: number,
    private readonly runner?: QueryRunner,
  ) {}

  /** Statements that may have changed what is stored. */
  #writes = 0;

  /** Whether `error` ended this session before it changed anything. */
  isUntouched(error: unknown): boolean {
    return this.#writes === 0 || (this.#writes === 1 && wasNotSent(error));
  }

  async rows(statement: Statement): Promise<readonly Row[]> {
    const { columns } = statement;
    if (columns === undefined || this.isForeign) {
      const reading = { rowsAsArray: true, ...(this.isForeign ? OWN_DECODING : {}) };
      return (await this.send(statement, reading)) as readonly Row[];
    }
    const named = (await this.send(statement)) as readonly Record<string, unknown>[];
    return named.map((row) => columns.map((column) => row[column]));
  }

  async run(statement: Statement): Promise<number> {
    this.#writes++;
    const { affectedRows, serverStatus } = (await this.send(statement)) as ResultSetHeader;
    this.requireKept(serverStatus);
    return affectedRows;
  }

  /** @param _status what the server told along with its answer to a write */
  protected requireKept(_status: number): void {
    // Within a transaction its COMMIT decides.
  }

  /** @param reading options of the driver; it copies them one by one, which costs more than all else that we do here */
  protected send(statement: Statement, reading?: object): Promise<unknown> {
    const { sql, parameters, varying } = statement;
    const answered = tellOwner(this.dataSource, statement, this.runner);
    return new Promise((resolve, reject) => {
      const values = plainParameters(parameters) as (string | number | Buffer | null)[];
      const answer = (error: Error | null, result: unknown): void => {
        answered(error ?? undefined);
        // Nothing was done. The same as one text is refused by the column's name, or not at all.
        if (error && varying !== true && (isUnbindable(error) || isUnpreparable(error)))
          resolve(this.send({ ...statement, varying: true }, reading));
        else if (error) reject(this.#refused(marked(error), sql, values));
        else resolve(result);
      };
      if (reading !== undefined) this.raw[varying === true ? "query" : "execute"]({ sql, values, ...reading }, answer);
      else if (varying === true) this.raw.query(sql, values, answer);
      else this.raw.execute(sql, values, answer);
    });
  }

  /** A server that is sent more than it takes hangs up: sometimes with a word, sometimes without. */
  #refused(error: Error, sql: string, values: readonly unknown[]): Error {
    const isPacket = errorMeaning(error) === "too-large";
    if (!isPacket && errorMeaning(error) !== "unavailable") return error;
    const size = values.reduce<number>((sum, value) => sum + Buffer.byteLength(String(value)), Buffer.byteLength(sql));
    if (!isPacket && size <= this.largest) return error;
    this.raw.destroy();
    const message = `a statement of ${size} bytes is larger than the server takes (max_allowed_packet is ${this.largest}); nothing was written`;
    return new RefusedStatementError("STATEMENT_TOO_LARGE", message, undefined);
  }
}

/** Each of its statements is a transaction of its own. */
export class LoneSession extends MySqlSession {
  /**
   * Not so on a connection that somebody left a transaction open on, e.g. a query runner that was released after an error,
   * without its ROLLBACK: the write would be undone with that. It is at once, with the connection.
   */
  protected override requireKept(status: number): void {
    if ((status & IN_TRANSACTION) === 0) return;
    this.raw.destroy();
    throw new LeftOpenError();
  }
}
