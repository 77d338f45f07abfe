import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { TufError } from "../../domain/tuf/errors.js";
import { TIMESTAMP_FILE } from "./published-name.js";

/** An object with the tag that stands for its content. */
export interface TaggedObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** What must be so for a write to take place. */
type Condition = Pick<PutObjectCommandInput, "IfMatch" | "IfNoneMatch">;

/** `conflict`: S3 met another write of the same object and decided neither way. */
type PutOutcome = "written" | "refused" | "conflict";

const HTTP_NOT_FOUND = 404;
const HTTP_CONFLICT = 409;
const HTTP_PRECONDITION_FAILED = 412;

/** How often a write is tried that S3 answers with a conflict. */
const MAX_CONFLICTS = 10;

/** Asked of the storage once: a name that no reader asks for. */
const PROBE = ".conditional-writes";

/** A versioned file never changes; a repair puts back what it was. */
const IMMUTABLE = "public, max-age=31536000, immutable";
/** A cache asks before it answers with it: nobody is to be held back at an older timestamp. */
const REVALIDATED = "no-cache";

/**
 * Objects under one prefix of a bucket. Every write is conditional, and the storage checks the condition at the moment when
 * it replaces the object: a writer that was held up on the way is refused then, however late it arrives.
 */
export class S3Objects {
  #probed: Promise<void> | undefined;

  constructor(
    private readonly client: Pick<S3Client, "send">,
    private readonly bucket: string,
    private readonly prefix: string,
  ) {}

  async read(name: string): Promise<TaggedObject | undefined> {
    try {
      const { Body, ETag } = await this.client.send(new GetObjectCommand(this.#object(name)));
      if (Body === undefined || ETag === undefined) throw this.#unavailable("an answer without content or ETag");
      return { bytes: await Body.transformToByteArray(), etag: ETag };
    } catch (error) {
      if (nameOf(error) === "NoSuchKey") return undefined;
      throw this.#told(error);
    }
  }

  /** In bytes; `undefined` where there is no such object. */
  async lengthOf(name: string): Promise<number | undefined> {
    try {
      const { ContentLength } = await this.client.send(new HeadObjectCommand(this.#object(name)));
      if (ContentLength === undefined) throw this.#unavailable("an answer without length");
      return ContentLength;
    } catch (error) {
      // An answer to HEAD has no body, and so no code.
      if (statusOf(error) === HTTP_NOT_FOUND) return undefined;
      throw this.#told(error);
    }
  }

  /** Creates an object; whether it did: `false` where one of this name is there. */
  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.#write(name, bytes, { IfNoneMatch: "*" });
  }

  /**
   * Replaces exactly the content that was read.
   * @param etag of that content; `undefined`: there was no object
   * @returns whether it did: `false` where the object has changed since
   */
  async replace(name: string, bytes: Uint8Array, etag: string | undefined): Promise<boolean> {
    return this.#write(name, bytes, etag === undefined ? { IfNoneMatch: "*" } : { IfMatch: etag });
  }

  /** One that is not there is fine. */
  async remove(name: string): Promise<void> {
    try {
      await this.client.send(new DeleteObjectCommand(this.#object(name)));
    } catch (error) {
      throw this.#told(error);
    }
  }

  async #write(name: string, bytes: Uint8Array, condition: Condition): Promise<boolean> {
    await this.#requireConditions();
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
      const outcome = await this.#put(name, bytes, condition);
      if (outcome !== "conflict") return outcome === "written";
    }
    throw this.#unavailable(`${MAX_CONFLICTS} conflicts in a row at ${name}`);
  }

  /** Some servers take these headers and ignore them; with such a one everything here would be overwritten silently. */
  #requireConditions(): Promise<void> {
    this.#probed ??= this.#probe().catch((error: unknown) => {
      this.#probed = undefined;
      throw error;
    });
    return this.#probed;
  }

  async #probe(): Promise<void> {
    const put = (condition: Condition) => this.#put(PROBE, new Uint8Array(), condition);
    if ((await put({ IfNoneMatch: "*" })) === "written" && (await put({ IfNoneMatch: "*" })) === "written") {
      throw this.#unavailable("it ignores If-None-Match");
    }
    if ((await put({ IfMatch: '"00000000000000000000000000000000"' })) === "written") {
      throw this.#unavailable("it ignores If-Match");
    }
  }

  async #put(name: string, bytes: Uint8Array, condition: Condition): Promise<PutOutcome> {
    const caching = name === TIMESTAMP_FILE ? REVALIDATED : IMMUTABLE;
    const content = { Body: bytes, ContentType: "application/json", CacheControl: caching };
    try {
      await this.client.send(new PutObjectCommand({ ...this.#object(name), ...content, ...condition }));
      return "written";
    } catch (error) {
      const status = statusOf(error);
      if (status === HTTP_PRECONDITION_FAILED) return "refused";
      if (status === HTTP_CONFLICT) return "conflict";
      // What was to be replaced is gone; a bucket that is not there is another matter.
      if (status === HTTP_NOT_FOUND && nameOf(error) === "NoSuchKey") return "refused";
      throw this.#told(error);
    }
  }

  #object(name: string) {
    return { Bucket: this.bucket, Key: this.prefix + name };
  }

  /** Of the error only its name and status: what else is in it may tell of keys and signed requests. */
  #told(error: unknown): unknown {
    if (error instanceof TufError) return error;
    const status = statusOf(error);
    return this.#unavailable(nameOf(error) + (status === undefined ? "" : `, HTTP ${status}`));
  }

  #unavailable(reason: string): TufError {
    return new TufError("STORAGE_UNAVAILABLE", `bucket ${this.bucket} cannot be used (${reason})`);
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown error";
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
