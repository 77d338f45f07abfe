import type { Clock } from "../../domain/distinction/clock.js";
import type { RepositoryObserver } from "../../domain/distinction/observer.js";
import type { RetrySettings } from "../../domain/distinction/retry.js";
import type { Statement } from "../../infrastructure/persistence/session.js";

/** How a service embeds this library. Only the database must be named. */
export interface DistinctionOptions {
  /** `mysql://…`, `mariadb://…` or `sqlite:path/to/file.db`. Opened on first use. */
  readonly database: string;
  /** Most connections held at a time to a server; 10 by default. */
  readonly poolSize?: number;
  /** Whether to bring the schema up to date on first use (default), or only to check that it is. */
  readonly schema?: "migrate" | "check";
  readonly retry?: Partial<RetrySettings>;
  /** Sees every statement before it is sent. */
  readonly onStatement?: (statement: Statement) => void;
  /** Told about retries, escalations, conflicts and saves. */
  readonly observer?: RepositoryObserver;
  /** Whether to keep the history of images, in the transaction of each write; false by default. */
  readonly history?: boolean;
  /** Who writes, for the history; asked at every write. */
  readonly actor?: () => string | undefined;
  readonly tuf?: TufOptions;
  /** Time, the machine's by default. */
  readonly clock?: Clock;
  /** Randomness for pauses, uniform in [0, 1); `Math.random` by default. */
  readonly random?: () => number;
  /** Makes the ids of new images; random UUIDs by default. */
  readonly newId?: () => string;
}

export interface TufOptions {
  /** Name of the repository in the database; `default` where none is given. */
  readonly name?: string;
  /** Directory of the published metadata files. */
  readonly storage: string;
  /** Directory of the private keys (PKCS #8, mode 0600). */
  readonly keys: string;
}
