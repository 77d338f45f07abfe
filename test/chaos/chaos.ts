import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { PollingClient } from "../conformance/polling-client.js";
import { expectSoundAndDone, publishedTargets } from "../integration/tuf-invariants.js";
import {
  contentOf,
  createTufPlace,
  pathsOf,
  REPOSITORY,
  type TufPlace,
  type TufWorker,
  workerAt,
} from "../integration/tuf-place.js";
import { type Edit, Promises } from "../soak/tuf/promises.js";
import { type Turn, TurnTaker } from "./turn.js";

const ACTOR = "actor";
const SURVIVOR = "survivor";

/**
 * One repository, whose actor is frozen or killed, whose survivor goes on, and whose client looks after every step; and what
 * each of the two was told to be accepted.
 */
export class Chaos {
  readonly survivor: TufWorker;
  readonly #promises = new Promises();
  /** The first snapshot that had a target which nobody changes afterwards. */
  readonly #since = new Map<string, number>();
  #isPruned = false;

  private constructor(
    readonly place: TufPlace,
    readonly client: PollingClient,
    private readonly remove: () => Promise<void>,
  ) {
    this.survivor = workerAt(place);
  }

  static async begin(url: string): Promise<Chaos> {
    const { place, remove } = await createTufPlace(url);
    return new Chaos(place, await PollingClient.over(place.metadata), remove);
  }

  async end(): Promise<void> {
    await this.survivor.database.close();
    await this.remove();
  }

  async survivorDoes(...turns: readonly Turn[]): Promise<void> {
    const survivors = new TurnTaker(this.survivor.ports);
    for (const turn of turns) {
      this.#promises.begun(SURVIVOR, editsOf(turn));
      await survivors.take(turn);
      this.#promises.accepted(SURVIVOR);
      this.#isPruned ||= turn.kind === "prune";
    }
  }

  /** Targets in two of the four bins, to be published. */
  async prepare(round: number): Promise<readonly string[]> {
    const paths = pathsOf(`round/${round}`, 2);
    await this.survivorDoes({ kind: "add", targets: Object.fromEntries(paths.map((path) => [path, path])) });
    return paths;
  }

  actorBegins(turn: Turn): void {
    this.#promises.begun(ACTOR, editsOf(turn));
    this.#isPruned ||= turn.kind === "prune";
  }

  /** The actor was told that its turn is done: what it accepted holds from now on. */
  actorIsDone(turn: Turn): void {
    this.#promises.begun(ACTOR, editsOf(turn));
    this.#promises.accepted(ACTOR);
  }

  /** The actor was stopped: what it was about to do holds or not. */
  actorIsStopped(): void {
    this.#promises.doubted(ACTOR);
  }

  /** All that was accepted is published, as it was accepted last, and nothing else. */
  async expectPublished(): Promise<void> {
    const published = await publishedTargets(this.survivor);
    expect(this.#promises.broken(published)).toEqual([]);
    const { snapshot } = await this.survivor.ports.store.exportPosition(REPOSITORY);
    for (const path of published.keys()) {
      if (path.startsWith("round/") && !this.#since.has(path)) this.#since.set(path, snapshot);
    }
  }

  expectSoundAndDone(): Promise<void> {
    return expectSoundAndDone(this.survivor, this.place, { isPruned: this.#isPruned, since: this.#since });
  }

  /** All that is signed and all that is published, by digest. */
  async everything(): Promise<{ readonly signed: unknown; readonly published: object }> {
    const sql = `SELECT role, metadata_version, sha256 FROM tuf_file WHERE repository = ? ORDER BY role, metadata_version`;
    const signed = await this.survivor.database.session((session) => session.rows({ sql, parameters: [REPOSITORY] }));
    const { metadata } = this.place;
    const names = (await readdir(metadata)).filter((name) => !name.startsWith(".")).sort();
    const digests = names.map(async (name) => [name, digestOf(await readFile(join(metadata, name)))] as const);
    return { signed, published: Object.fromEntries(await Promise.all(digests)) };
  }
}

function editsOf(turn: Turn): readonly Edit[] {
  if (turn.kind === "remove") return turn.paths.map((path) => [path, undefined]);
  if (turn.kind !== "add") return [];
  return Object.entries(turn.targets).map(([path, text]) => [path, contentOf(text).sha256]);
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
