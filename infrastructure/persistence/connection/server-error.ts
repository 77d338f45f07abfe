import { DistinctionError, type DistinctionErrorCode } from "../../../domain/distinction/errors.js";

/** What a driver's error means to us, where it was thrown at a connection of ours. */
export type ErrorMeaning =
  /** A unique key is taken. */
  | "duplicate"
  /** The server gave up on the transaction (deadlock, lock timeout, failed certification): run it again. */
  | "gave-up"
  /** No connection, or it broke. What was under way may or may not have happened. */
  | "unavailable"
  /** More than the server takes in one statement; it hangs up then. */
  | "too-large"
  | "other";

/**
 * MySQL 1213 deadlock (also a cluster's failed certification, at COMMIT), 1205 lock wait timeout (only the statement is
 * undone: always roll back), MariaDB 1020 "record has changed since last read" under snapshot isolation, 3101 a group's
 * failed certification, at COMMIT.
 */
const GAVE_UP = new Set([1213, 1205, 1020, 3101]);
const DUPLICATE = new Set([1062, 1586]);
const TOO_LARGE = 1153;
/** Access denied, unknown database, too many connections, shutdown, host not allowed, killed, silent for too long. */
const REFUSED = new Set([1044, 1045, 1049, 1040, 1053, 1130, 1152, 1184, 1698, 1927, 3169, 4031]);
/**
 * What the operating system, the protocol, the file or a cluster of pools refuses: `ECONNRESET`, `ENOTDIR`, `POOL_NOEXIST` once
 * the driver has given up on a server, but not MySQL's `ER_…`.
 */
const BROKEN = /^(E[A-Z]+$|EAI_|PROTOCOL_|POOL_|SQLITE_(CANTOPEN|NOTADB|CORRUPT|IOERR))/;

interface DriverError {
  readonly code?: string;
  readonly errno?: number;
  readonly message?: string;
  /** The operating system's. */
  readonly syscall?: string;
  /** mysql2: the connection is of no more use. Some of these errors have no code. */
  readonly fatal?: boolean;
  readonly driverError?: DriverError;
}

/** What drivers threw at connections of ours. What a caller's own work threw may look just like it, and is none of ours. */
const ours = new WeakSet<object>();

/** Marks what a driver threw at a connection of ours: without that, an error means nothing to us. */
export function marked<T>(error: T): T {
  if (typeof error === "object" && error !== null) ours.add(error);
  return error;
}

/** Runs what a driver does for us, and marks what it throws. */
export async function marking<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw marked(error);
  }
}

export function errorMeaning(error: unknown): ErrorMeaning {
  if (error instanceof LeftOpenError) return "gave-up";
  if (!ours.has(error as object)) return "other";
  const { code = "", errno = 0, fatal = false } = driverError(error);
  if (GAVE_UP.has(errno) || code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return "gave-up";
  if (DUPLICATE.has(errno) || code === "SQLITE_CONSTRAINT_PRIMARYKEY" || code === "SQLITE_CONSTRAINT_UNIQUE") {
    return "duplicate";
  }
  if (errno === TOO_LARGE) return "too-large";
  return fatal || REFUSED.has(errno) || BROKEN.test(code) ? "unavailable" : "other";
}

/** Whether a connection broke, as the driver tells it or as callers are told. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof DistinctionError
    ? error.code === "DATABASE_UNAVAILABLE"
    : errorMeaning(error) === "unavailable";
}

/** Whether a statement waited for a lock for too long. It alone was undone, unless the server is told otherwise. */
export function isLockTimeout(error: unknown): boolean {
  return driverError(error).errno === 1205;
}

/** Whether a savepoint is not there that was set: its transaction is over. The number is that of missing routines, too. */
export function isMissingSavepoint(error: unknown, name: string): boolean {
  const { errno, message = "" } = driverError(error);
  return errno === 1305 && message.includes(`SAVEPOINT ${name} `);
}

/** What broke a connection on which nothing was sent, or is stored, that a repetition would do again. */
const harmless = new WeakSet<object>();

/** Remembers of an error that whatever it ended may be done again. */
export function hasLeftNothing(error: unknown): void {
  if (typeof error === "object" && error !== null) harmless.add(error);
}

/** Whether a connection was dead, or died, before anything was done on it: worth another try on another one. */
export function metDeadConnection(error: unknown): boolean {
  return errorMeaning(error) === "unavailable" && harmless.has(error as object);
}

/**
 * Whether the server has not read the statement: the operating system took none of it, the driver knew that the connection
 * was closed, or the server (4031) tells that it had hung up before.
 */
export function wasNotSent(error: unknown): boolean {
  const { errno, syscall, message = "" } = driverError(error);
  return errno === 4031 || syscall === "write" || /when connection is in closed state$/.test(message);
}

/** Whether MySQL could not bind a text, which has a character that its column's character set lacks: no column is named then. */
export function isUnbindable(error: unknown): boolean {
  return driverError(error).errno === 3988;
}

/** Whether the server keeps so many prepared statements already, of all its clients, that it takes no more (1461). */
export function isUnpreparable(error: unknown): boolean {
  return driverError(error).errno === 1461;
}

/**
 * Whether a column was compared with a text that has characters which the column's character set lacks: MariaDB finds no
 * collation for both (1267, 1270, 1271), MySQL cannot convert the text (3854).
 */
export function isUncomparable(error: unknown): boolean {
  const { cause } = (error ?? {}) as { readonly cause?: DriverError };
  return error instanceof RefusedStatementError && [1267, 1270, 1271, 3854].includes(cause?.errno ?? 0);
}

/** Whether an expression of the statement overflowed: 1690, under every `sql_mode`. */
export function isOutOfRange(error: unknown): boolean {
  return driverError(error).errno === 1690;
}

/**
 * The error that callers get. A driver's is told by its code, never by its message: that can hold SQL and values. What
 * the caller's own work threw is passed on as it is. No error means anything to us any more once it was translated: it may
 * reach callers within another database's unit, which is not to run again for it.
 *
 * @param where the database's address without credentials
 */
export function translated(error: unknown, where: string): unknown {
  if (error instanceof LeftOpenError) return new DistinctionError(error.code, error.message);
  if (!isDriverError(error)) return error;
  if (errorMeaning(error) === "duplicate") return duplicateKey(error, where);
  const { code, errno } = driverError(error);
  const detail = errorCode(error);
  const options = { cause: { code, errno } };
  return errorMeaning(error) === "unavailable"
    ? new DistinctionError("DATABASE_UNAVAILABLE", `no usable connection to ${where} (${detail})`, options)
    : new RefusedStatementError("DATABASE_ERROR", `${where} refused a statement (${detail})`, columnIn(error), options);
}

/** The column is named at the end of the message, behind the value: `… for column 'title' at row 1`. */
function columnIn(error: unknown): string | undefined {
  const { message = "" } = driverError(error);
  const server = /([^'`.]+)['`](?: at row \d+| cannot be null)$/.exec(message);
  const file = /^NOT NULL constraint failed: [^.]+\.(.+)$/.exec(message);
  return (server ?? file)?.[1];
}

/** The code of a driver's error, for people; never its message. */
export function errorCode(error: unknown): string {
  const { code, errno } = driverError(error);
  return code ?? (errno === undefined ? ((error as Error | undefined)?.name ?? "error") : `errno ${errno}`);
}

/** A write became part of a transaction that somebody had left open on the connection, and was undone with it. */
export class LeftOpenError extends DistinctionError {
  constructor() {
    const message =
      "a pooled connection had a transaction left open on it: end transactions before their query runners are released, " +
      "and leave autocommit on; nothing was written";
    super("DATABASE_UNAVAILABLE", message);
  }
}

/** The database refused a statement for what it would store. Stores tell of which record that is. */
export class RefusedStatementError extends DistinctionError {
  #isNamed = false;

  constructor(
    code: DistinctionErrorCode,
    message: string,
    /** Unquoted, where the driver names one. */
    readonly column: string | undefined,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }

  /** Puts before the message what would have been stored. The first who knows it is the nearest. */
  concerning(subject: string): void {
    if (this.#isNamed) return;
    this.#isNamed = true;
    const { message } = new DistinctionError(this.code, `${subject}: ${this.message}`);
    this.stack = (this.stack ?? "").replace(this.message, () => message);
    this.message = message;
  }
}

/** A unique key is taken. Stores turn that of a record's own key into an outcome. */
export class DuplicateKeyError extends RefusedStatementError {
  constructor(
    where: string,
    /** Name of the index, or `table.column` of each of its columns on SQLite; `undefined` where the driver does not say. */
    readonly index: string | undefined,
  ) {
    super(
      "UNIQUE_VALUE_TAKEN",
      `${where}: another row has the values already that ${index ?? "an index"} keeps unique`,
      undefined,
    );
  }

  /** Whether it may be the primary key of `table`. */
  isPrimaryOf(table: string, keyColumns: readonly string[]): boolean {
    if (this.index === undefined || this.index === "PRIMARY" || this.index === `${table}.PRIMARY`) return true;
    return this.index === keyColumns.map((column) => `${table}.${column}`).join(", ");
  }
}

/** The index is named at the end of the message, behind the values: `… for key 'photos.title'`, `… failed: photos.title`. */
export function duplicateKey(error: unknown, where: string): DuplicateKeyError {
  const { message = "" } = driverError(error);
  const [, server, file] = /for key '([^']+)'$|^UNIQUE constraint failed: (.+)$/s.exec(message) ?? [];
  return new DuplicateKeyError(where, server ?? file);
}

/** mysql2's errors carry a number or are fatal, the operating system's and SQLite's have a code, TypeORM's the driver's. */
function isDriverError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DistinctionError || !ours.has(error)) return false;
  const { code = "", errno, fatal } = driverError(error);
  return (
    "driverError" in error ||
    errno !== undefined ||
    fatal !== undefined ||
    code.startsWith("SQLITE_") ||
    BROKEN.test(code)
  );
}

/** TypeORM wraps what the driver threw. */
function driverError(error: unknown): DriverError {
  const outer = (error ?? {}) as DriverError;
  return outer.driverError ?? outer;
}
