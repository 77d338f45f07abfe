import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Clock } from "../../domain/distinction/clock.js";
import { GroupCommit } from "../../domain/tuf/group-commit.js";
import type { NamedFile } from "../../domain/tuf/metadata-files.js";
import { fileCalls } from "./file-calls.js";
import { syncDirectory, writeSynced } from "./synced.js";

/**
 * Milliseconds after which a temporary file is taken for a dead writer's. It is long because clocks differ between
 * machines; and a writer that is only slow loses nothing, but writes its file again.
 */
const LONGEST_WRITE = 24 * 60 * 60 * 1000;

const TEMPORARY = /^\.tmp-[0-9a-f]{18}$/;

/** A file before it has its name. */
interface Temporary {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Whether its content is there and durable. */
  readonly isWritten: Promise<boolean>;
}

/**
 * A directory of whole files. Content is written to a temporary file, synced, then linked to its name: a reader
 * sees all of it or nothing. What a crashed writer leaves behind is never read, and removed by a later writer.
 */
export class DurableDirectory {
  /** Concurrent writers share one sync of the directory; each by one that began after its own change. */
  readonly #sync = new GroupCommit(() => syncDirectory(this.path));

  /** By the name that a file is to have; one whose name is asked for with other bytes is not used. */
  readonly #prepared = new Map<string, Temporary>();

  /** Of names that files had before they got their own. */
  #removing: Promise<unknown> = Promise.resolve();

  #isMade = false;
  #sweptAt = -Infinity;

  constructor(
    readonly path: string,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  /** Creates a file where none is; whether it did. Durable after the next `sync`. */
  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    return (await this.createAll([[{ name, bytes }]])).length === 1;
  }

  /**
   * Creates files where none are: the content of all is synced, then they appear phase by phase. Durable after the next
   * `sync`.
   * @returns the names of those that it created
   */
  async createAll(phases: readonly (readonly NamedFile[])[]): Promise<readonly string[]> {
    await this.#make();
    await this.#sweep();
    const created = new Set<string>();
    try {
      await this.#linkAll(phases, created);
    } catch (error) {
      await this.#removing;
      if (codeOf(error) !== "ENOENT") throw error;
      await makeDirectory(this.path); // removed meanwhile; or somebody took us for dead
      await this.#linkAll(phases, created);
    }
    return phases.flatMap((phase) => phase.map(({ name }) => name).filter((name) => created.has(name)));
  }

  /**
   * Writes the content of files that are created later, so that they have only to be named then. Takes the place of what was
   * prepared before; what fails is written again by `createAll`.
   */
  async prepare(files: readonly NamedFile[]): Promise<void> {
    const former = this.#takePrepared();
    for (const { name, bytes } of files) {
      const path = this.#temporary();
      const isWritten = this.#make()
        .then(() => writeSynced(path, bytes))
        .then(
          () => true,
          () => false,
        );
      this.#prepared.set(name, { path, bytes, isWritten });
    }
    const written = Array.from(this.#prepared.values(), ({ isWritten }) => isWritten);
    await Promise.all([removeAll(former), ...written]);
  }

  isPrepared(name: string): boolean {
    return this.#prepared.has(name);
  }

  /** Removes what was prepared and not created since; `names`: only of these. */
  async discardPrepared(names?: readonly string[]): Promise<void> {
    await Promise.all([removeAll(this.#takePrepared(names)), this.#removing]);
  }

  #takePrepared(names: Iterable<string> = [...this.#prepared.keys()]): readonly Temporary[] {
    const taken: Temporary[] = [];
    for (const name of names) {
      const temporary = this.#prepared.get(name);
      if (temporary !== undefined) taken.push(temporary);
      this.#prepared.delete(name);
    }
    return taken;
  }

  async #make(): Promise<void> {
    if (!this.#isMade) await makeDirectory(this.path);
    this.#isMade = true;
  }

  /** Puts a file in the place of whatever has its name. Durable after the next `sync`. */
  async replace(name: string, bytes: Uint8Array): Promise<void> {
    await makeDirectory(this.path);
    const temporary = this.#temporary();
    try {
      await writeSynced(temporary, bytes);
      await fileCalls.rename(temporary, join(this.path, name));
    } catch (error) {
      await discard(temporary);
      throw error;
    }
  }

  #temporary(): string {
    return join(this.path, `.tmp-${randomBytes(9).toString("hex")}`);
  }

  /** Syncs share the journal of the file system: many at once cost little more than one. */
  async #linkAll(phases: readonly (readonly NamedFile[])[], created: Set<string>): Promise<void> {
    const files = phases.flat();
    const paths: string[] = [];
    const prepared = files.map(({ name }) => this.#takePrepared([name])[0]);
    try {
      const written = files.map(async ({ bytes }, index) => {
        const ahead = prepared[index];
        const path = ahead?.path ?? this.#temporary();
        paths.push(path);
        if (ahead !== undefined && (await ahead.isWritten) && Buffer.compare(ahead.bytes, bytes) === 0) return path;
        if (ahead !== undefined) await discard(path);
        await writeSynced(path, bytes);
        return path;
      });
      const sources = (await allEnded(written)).values();
      for (const phase of phases) {
        const linked = phase.map(async ({ name }) => {
          if (await isLinked(sources.next().value!, join(this.path, name))) created.add(name);
        });
        await allEnded(linked);
      }
    } finally {
      this.#remove(paths);
    }
  }

  /** Moves a file over what `target` has under `to`; `false` where somebody else moved or removed it first. */
  async move(name: string, target: DurableDirectory, to: string): Promise<boolean> {
    try {
      await fileCalls.rename(join(this.path, name), join(target.path, to));
      return true;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    }
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await fileCalls.read(join(this.path, name));
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async lengthOf(name: string): Promise<number | undefined> {
    try {
      return (await fileCalls.stat(join(this.path, name))).size;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async names(): Promise<readonly string[]> {
    try {
      return await fileCalls.list(this.path);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await fileCalls.unlink(join(this.path, name));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }

  /** Removes old temporary files, now and then. That it fails is no concern of who wants to write. */
  async #sweep(): Promise<void> {
    const now = this.clock.now();
    if (now - this.#sweptAt < LONGEST_WRITE) return;
    this.#sweptAt = now;
    const temporary = (await fileCalls.list(this.path).catch(() => [])).filter((name) => TEMPORARY.test(name));
    for (const path of temporary.map((name) => join(this.path, name))) {
      const { mtimeMs } = await fileCalls.stat(path).catch(() => ({ mtimeMs: now }));
      if (now - mtimeMs > LONGEST_WRITE) await rm(path, { force: true }).catch(() => undefined);
    }
  }

  /** Goes on beside the next `sync`, which waits for it. */
  #remove(paths: readonly string[]): void {
    // Without its outcome: each would hold all that were before it.
    this.#removing = Promise.all([this.#removing, ...paths.map(discard)]).then(() => undefined);
  }

  /** Makes all changes of names so far durable. */
  async sync(): Promise<void> {
    await Promise.all([this.#sync.run(), this.#removing]);
  }
}

/** Whether it is the path's first link; `false` where a file has that name. */
async function isLinked(temporary: string, path: string): Promise<boolean> {
  try {
    await fileCalls.link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Throws what the first threw that failed, once none is under way any more. */
async function allEnded<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** Removes a temporary file, if that can be done. What stays is swept later. */
async function discard(path: string): Promise<void> {
  await fileCalls.unlink(path).catch(() => undefined);
}

async function removeAll(temporaries: readonly Temporary[]): Promise<void> {
  await Promise.all(
    temporaries.map(async ({ path, isWritten }) => {
      await isWritten;
      await discard(path);
    }),
  );
}

/** With those above it; their names are durable when it answers. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  const above = dirname(resolve(first));
  for (let made = resolve(path); made !== above; made = dirname(made)) await syncDirectory(dirname(made));
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
