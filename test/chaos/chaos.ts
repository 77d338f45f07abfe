import { expect } from "vitest";
import { publishedName } from "../../domain/tuf/publish-plan.js";
import { PollingClient } from "../conformance/polling-client.js";
import { namesAt, readAt } from "../integration/published-files.js";
import { digestOf, expectSoundAndDone, publishedTargets } from "../integration/tuf-invariants.js";
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
import { NESTED, type Turn, TurnTaker } from "./turn.js";

const ACTOR = "actor";

/**
 * One repository, whose actor is frozen or killed, whose survivors go on, one alone or two at once, and whose client looks after
 * every step; and what each of them was told to be accepted.
 */
export class Chaos {
  /** The one that goes on alone. */
  readonly survivor: TufWorker;
  readonly #other: TufWorker;
  readonly #promises = new Promises();
  /** The first snapshot that had a target which nobody changes afterwards. */
  readonly #since = new Map<string, number>();
  #replaced = 0;
  #isPruned = false;
  /** SHA-256 of what may have been deleted as old, by name. */
  readonly #deleted = new Map<string, string>();

  private constructor(
    readonly place: TufPlace,
    readonly client: PollingClient,
    private readonly remove: () => Promise<void>,
  ) {
    this.survivor = workerAt(place);
    this.#other = workerAt(place);
  }

  /** @param metadata where to publish, if not in a directory of its own; see `filesAt` */
  static async begin(url: string, metadata?: string): Promise<Chaos> {
    const { place, remove } = await createTufPlace(url, { metadata });
    return new Chaos(place, await PollingClient.over(place.metadata), remove);
  }

  async end(): Promise<void> {
    await this.survivor.database.close();
    await this.#other.database.close();
    await this.remove();
  }

  async survivorDoes(...turns: readonly Turn[]): Promise<void> {
    await this.#doAll("survivor", this.survivor, turns);
  }

  /** Two survivors go on at once, and the client looks meanwhile. */
  async survivorsDo(one: readonly Turn[], other: readonly Turn[]): Promise<void> {
    await Promise.all([
      this.#doAll("survivor", this.survivor, one),
      this.#doAll("other", this.#other, other),
      this.client.poll(),
    ]);
  }

  /** One who knows nothing of former turns; nobody waits for its records, but for the last. */
  async #doAll(name: string, { ports }: TufWorker, turns: readonly Turn[]): Promise<void> {
    const taker = new TurnTaker(ports);
    for (const turn of turns) {
      this.#promises.begun(name, editsOf(turn));
      if (turn.kind === "prune") await this.#isToBePruned();
      await taker.answer(turn);
      this.#promises.accepted(name);
    }
    await taker.recorded();
  }

  /**
   * Storage loses a file and damages another one: the newest of `targets`, which a client keeps that has just looked, and the
   * first root, which none asks for any more.
   */
  async damages(): Promise<void> {
    await this.client.poll();
    const { files, store } = this.survivor.ports;
    const [targets] = await store.roleStates(REPOSITORY, ["targets"]);
    await files.remove([publishedName({ role: "targets", metadataVersion: targets!.metadataVersion })]);
    const root = "1.root.json";
    await files.restore(root, Buffer.from("damaged"), (await files.read(root))!);
  }

  /** Whether the database knows of all that is committed that it is published. */
  async isRecorded(): Promise<boolean> {
    const { store } = this.survivor.ports;
    const { timestamp } = await store.snapshotState(REPOSITORY);
    return (await store.exportPosition(REPOSITORY)).timestamp === timestamp.metadataVersion;
  }

  /**
   * The survivor replaces what is published, and deletes what is old by then.
   * @param ahead as of `Turn`
   */
  async publishesAndPrunes(ahead = 0): Promise<void> {
    const content = `content ${++this.#replaced}`;
    const targets = Object.fromEntries(pathsOf("replaced", 8).map((path) => [path, content]));
    await this.survivorDoes({ kind: "add", targets }, { kind: "publish", ahead }, { kind: "prune", keepFor: 0, ahead });
  }

  /** Targets in two of the four bins, to be published. */
  async prepare(round: number): Promise<readonly string[]> {
    const paths = pathsOf(`round/${round}`, 2);
    await this.survivorDoes({ kind: "add", targets: Object.fromEntries(paths.map((path) => [path, path])) });
    return paths;
  }

  async actorBegins(turn: Turn): Promise<void> {
    this.#promises.begun(ACTOR, editsOf(turn));
    if (turn.kind === "prune") await this.#isToBePruned();
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
    const { snapshot } = await this.survivor.ports.store.snapshotState(REPOSITORY);
    for (const path of published.keys()) {
      if (path.startsWith("round/") && !this.#since.has(path)) this.#since.set(path, snapshot.metadataVersion);
      if (path.startsWith(`${NESTED.outer}/`)) this.client.willFind(path);
    }
  }

  expectSoundAndDone(): Promise<void> {
    const soundness = { isPruned: this.#isPruned, since: this.#since, deleted: this.#deleted };
    return expectSoundAndDone(this.survivor, this.place, soundness);
  }

  /** All that is signed and all that is published, by digest. */
  async everything(): Promise<{ readonly signed: unknown; readonly published: object }> {
    const { metadata } = this.place;
    const names = await namesAt(metadata);
    const digests = names.map(async (name) => [name, digestOf(await readAt(metadata, name))] as const);
    return { signed: await this.#signed(), published: Object.fromEntries(await Promise.all(digests)) };
  }

  async #signed(): Promise<readonly (readonly unknown[])[]> {
    const sql = `SELECT role, metadata_version, sha256 FROM tuf_file WHERE repository = ? ORDER BY role, metadata_version`;
    return this.survivor.database.session((session) => session.rows({ sql, parameters: [REPOSITORY] }));
  }

  async #isToBePruned(): Promise<void> {
    this.#isPruned = true;
    for (const [role, metadataVersion, sha256] of await this.#signed()) {
      const reference = { role: role as string, metadataVersion: Number(metadataVersion) };
      if (role !== "timestamp") this.#deleted.set(publishedName(reference), sha256 as string);
    }
  }
}

function editsOf(turn: Turn): readonly Edit[] {
  if (turn.kind === "remove") return turn.paths.map((path) => [path, undefined]);
  if (turn.kind !== "add") return [];
  return Object.entries(turn.targets).map(([path, text]) => [path, contentOf(text).sha256]);
}
