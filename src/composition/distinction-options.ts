import {
  aFlag,
  aFunction,
  anObject,
  aWholeNumberFrom,
  having,
  oneAmong,
  requireArguments,
  requireOptions,
  type Rule,
  type Rules,
  someText,
} from "../../domain/distinction/arguments.js";
import { aClock, type Clock } from "../../domain/distinction/clock.js";
import type { RepositoryObserver } from "../../domain/distinction/observer.js";
import type { RetrySettings } from "../../domain/distinction/save/retry.js";
import type { ImageGatewayOptions } from "../../domain/image/image-gateway.js";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import type { EnvironmentKeysOptions } from "../../infrastructure/signing/environment-keys.js";
import type { SigningServiceOptions } from "../../infrastructure/signing/signing-service.js";

/** How a service embeds this library. Only the database must be named. */
export interface DistinctionOptions {
  /** `mysql://…`, `mariadb://…` or `sqlite:path/to/file.db`. Opened on first use. */
  readonly database: string;
  /** Most connections held at a time to a server; 10 by default. */
  readonly poolSize?: number;
  /**
   * Milliseconds that a server may take to answer while it is connected to, and while it is looked at on first use;
   * 10,000 by default. Migrations take as long as they take.
   */
  readonly connectTimeout?: number;
  /** Whether to bring the schema up to date on first use (default), or only to check that it is. */
  readonly schema?: "migrate" | "check";
  readonly retry?: Partial<RetrySettings>;
  /** Told about every statement on records and what frames them: text, masked parameters, time, rows. Costs nothing if off. */
  readonly onStatement?: (event: StatementEvent) => void;
  /** Told of operations, retries, escalations, conflicts and saves. */
  readonly observer?: RepositoryObserver;
  /** The service's own layers around the images, and the images' quotas. */
  readonly images?: ImageGatewayOptions;
  /** Whether to keep the history of images, in the transaction of each write; false by default. */
  readonly history?: boolean;
  /** Who writes, for the history: asked before every write that `history` keeps and that names nobody, at no other. */
  readonly actor?: () => string | undefined;
  readonly tuf?: TufOptions;
  /** Time, the machine's by default. */
  readonly clock?: Clock;
  /** Randomness for pauses, uniform in [0, 1); `Math.random` by default. */
  readonly random?: () => number;
  /** Makes the ids of new images; random UUIDs by default. */
  readonly newId?: () => string;
}

const OPTIONS: Rules<keyof DistinctionOptions> = {
  database: () => undefined, // see `parseDatabaseUrl`
  poolSize: aWholeNumberFrom(1),
  connectTimeout: aWholeNumberFrom(1),
  schema: oneAmong("migrate", "check"),
  retry: anObject,
  onStatement: aFunction,
  observer: anObject,
  images: anObject,
  history: aFlag,
  actor: aFunction,
  tuf: anObject,
  clock: aClock,
  random: aFunction,
  newId: aFunction,
};

export interface TufOptions {
  /** Name of the repository in the database; `default` where none is given. */
  readonly name?: string;
  /**
   * Where metadata is published: a directory; `s3://bucket/prefix`, with credentials and region as the AWS SDK finds them;
   * or a storage of yours, such as an `S3MetadataFiles` over a client that you configured.
   */
  readonly storage: string | MetadataFiles;
  /** Directory of the private keys (PKCS #8, mode 0600), or where else they are. */
  readonly keys: string | KeyOptions;
  /** Told of every signature that was made and of every file that was published: for progress bars. */
  readonly onStep?: (step: "signed" | "stored") => void;
}

/** Where private keys are. What has no place here, an HSM for instance, is a `SignerSource` of yours: see `distinction/tuf`. */
export interface KeyOptions {
  /** New keys are made here. */
  readonly directory: string;
  /** Encrypts new key files, and opens encrypted ones. */
  readonly passphrase?: string;
  /** Keys in environment variables, too. */
  readonly environment?: EnvironmentKeysOptions & {
    /** Such as `process.env`. */
    readonly variables: Readonly<Record<string, string | undefined>>;
  };
  /** Keys that a signing service keeps, too. */
  readonly service?: SigningServiceOptions;
}

const aStorage = textOr(having("a directory, s3://bucket/prefix or a storage", "putAll", "replaceTimestamp", "read"));
const someKeys = textOr(anObject);

const TUF_OPTIONS: Rules<keyof TufOptions> = {
  name: someText,
  storage: aStorage,
  keys: someKeys,
  onStep: aFunction,
};

const KEY_OPTIONS: Rules<keyof KeyOptions> = {
  directory: someText,
  passphrase: someText,
  environment: anObject,
  service: anObject,
};

/** @throws InvalidValueError where an option is none, of another kind, or missing */
export function requireDistinctionOptions(options: DistinctionOptions): void {
  requireOptions("distinction", OPTIONS, options);
  const { tuf } = options;
  if (tuf === undefined) return;
  requireOptions("distinction.tuf", TUF_OPTIONS, tuf);
  requireArguments("distinction.tuf", { storage: [tuf.storage, aStorage], keys: [tuf.keys, someKeys] });
  if (typeof tuf.keys === "string") return;
  requireOptions("distinction.tuf.keys", KEY_OPTIONS, tuf.keys);
  requireArguments("distinction.tuf.keys", { directory: [tuf.keys.directory, someText] });
}

function textOr(other: Rule): Rule {
  return (value) => (typeof value === "string" ? undefined : other(value));
}
