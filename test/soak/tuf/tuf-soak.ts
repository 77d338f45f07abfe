import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { exportTufRepository } from "../../../src/application/tuf/publish/export-tuf-repository.js";
import { PublishTufRepository } from "../../../src/application/tuf/publish/publish-tuf-repository.js";
import { NESTED, NESTING, type Turn, TurnTaker } from "../../chaos/turn.js";
import { PollingClient } from "../../conformance/polling-client.js";
import { expectSoundAndDone, publishedTargets } from "../../integration/tuf-invariants.js";
import {
  contentOf,
  createTufPlace,
  REPOSITORY,
  type TufPlace,
  type TufWorker,
  workerAt,
} from "../../integration/tuf-place.js";
import { seeded } from "../operation.js";
import { Promises } from "./promises.js";
import { Rover } from "./rover.js";
import type { RoverTold } from "./rover.child.js";

export interface TufSoakOrder {
  /** Of an empty database. */
  readonly url: string;
  readonly seed: number;
  readonly workers: number;
  /** After each of them all work ends for a moment, and everything is checked. */
  readonly rounds: number;
  /** Of one round. */
  readonly seconds: number;
  /** Kills the database's server and starts it again, once a round. */
  readonly restart?: () => Promise<void>;
}

export interface TufSoakReport {
  /** By kind. */
  turns: Record<string, number>;
  /** Turns that faults of machines ended, by error code. */
  suffered: Record<string, number>;
  killed: number;
  frozen: number;
  /** Failpoints at which a worker was held, frozen or killed, with how often. */
  held: Record<string, number>;
  restarts: number;
  polls: number;
  snapshots: number;
  roots: number;
  /** Nothing: all held. */
  faults: string[];
}

const SECOND = 1_000;
/** Milliseconds between two things that happen to a worker wherever it is; and how long it may be frozen. */
const INCIDENTS = 1_500;
const LONGEST_FREEZE = 3_000;
/** So often, and this long: until the server ends whatever transaction the frozen process was in. */
const LONG_FREEZES = 0.05;
const LONG_FREEZE = 12_000;

/** Clients find it all the time. */
const KEPT = `${NESTED.outer}/${NESTED.inner}/kept`;

/** So short that everything is to be renewed all the time, and never so short that a client finds it expired. */
const EXPIRY = { lifetime: 1_200 * SECOND, renewBefore: 1_195 * SECOND };

/**
 * Lets processes work on one repository at random, freezes and kills them, restarts the database, has the storage fail, and
 * checks after each round that all that was accepted is published, exactly as last accepted, and that all invariants hold.
 */
export async function soakTuf(order: TufSoakOrder, onRound: (round: number) => void): Promise<TufSoakReport> {
  const expiry = {
    root: { ...EXPIRY, lifetime: 1e10 },
    targets: EXPIRY,
    bins: EXPIRY,
    snapshot: EXPIRY,
    timestamp: EXPIRY,
  };
  const { place, remove } = await createTufPlace(order.url, { expiry });
  const survivor = workerAt(place);
  try {
    return await new TufSoak(order, place, survivor).run(onRound);
  } finally {
    await survivor.database.close();
    await remove();
  }
}

class TufSoak {
  readonly #random: () => number;
  readonly #promises = new Promises();
  readonly #report: TufSoakReport = {
    ...{
      turns: {},
      suffered: {},
      held: {},
      killed: 0,
      frozen: 0,
      restarts: 0,
      polls: 0,
      snapshots: 0,
      roots: 0,
      faults: [],
    },
  };
  readonly #running = new Set<Rover>();
  #seed: number;

  constructor(
    private readonly order: TufSoakOrder,
    private readonly place: TufPlace,
    private readonly survivor: TufWorker,
  ) {
    this.#seed = order.seed;
    this.#random = seeded(order.seed);
  }

  async run(onRound: (round: number) => void): Promise<TufSoakReport> {
    const client = await PollingClient.over(this.place.metadata);
    await this.#nest();
    client.willFind(KEPT);
    client.keepPolling();
    const held = (work: Promise<unknown>) => work.catch((error: unknown) => this.#fault((error as Error).message));
    for (let round = 1; round <= this.order.rounds && this.#report.faults.length === 0; round++) {
      await held(this.#round());
      await held(this.#check());
      onRound(round);
    }
    await held(client.stop().then((polls) => (this.#report.polls = polls)));
    await held(this.#restore());
    const { store } = this.survivor.ports;
    const { root, snapshot } = await store.exportPosition(REPOSITORY);
    return { ...this.#report, roots: root, snapshots: snapshot };
  }

  /** Custom roles below one another, with a target that nobody changes. */
  async #nest(): Promise<void> {
    const survivor = new TurnTaker(this.survivor.ports);
    const adding: Turn = { kind: "add", targets: { [KEPT]: KEPT } };
    for (const turn of [...NESTING, adding, { kind: "publish" } as const]) await survivor.take(turn);
    this.#promises.begun("survivor", [[KEPT, contentOf(KEPT).sha256]]);
    this.#promises.accepted("survivor");
  }

  async #round(): Promise<void> {
    const until = Date.now() + this.order.seconds * SECOND;
    const names = Array.from({ length: this.order.workers }, (_, index) => `worker${index}`);
    const happening = this.#incidents(until);
    const restarting = this.#restart((this.order.seconds * SECOND) / 2);
    await Promise.all([happening, restarting, ...names.map((name) => this.#rove(name, until))]);
  }

  /** One worker, over as many processes as it takes. */
  async #rove(name: string, until: number): Promise<void> {
    while (Date.now() < until) {
      const order = { place: this.place, name, seed: this.#seed++, until };
      const rover = new Rover(name, order, (told, by) => this.#told(told, by));
      this.#running.add(rover);
      await rover.ended.finally(() => this.#running.delete(rover));
      this.#promises.doubted(name);
    }
  }

  #told(told: RoverTold, rover: Rover): void {
    if ("reached" in told) {
      const { held } = this.#report;
      held[told.reached] = (held[told.reached] ?? 0) + 1;
      void this.#happens(rover).then(() => rover.goOn());
    } else if ("fault" in told) this.#fault(`${rover.name}: ${told.fault}`);
    else if ("begun" in told) {
      this.#promises.begun(
        rover.name,
        told.begun.map(([path, sha256]) => [path, sha256 ?? undefined]),
      );
    } else {
      const { turns, suffered } = this.#report;
      turns[told.turned] = (turns[told.turned] ?? 0) + 1;
      if (told.failed !== undefined) suffered[told.failed] = (suffered[told.failed] ?? 0) + 1;
      if (told.turned !== "add" && told.turned !== "remove") return;
      if (told.failed === undefined) this.#promises.accepted(rover.name);
      else this.#promises.doubted(rover.name);
    }
  }

  /** Between two steps, or in the middle of one. */
  async #happens(rover: Rover): Promise<void> {
    const odds = this.#random();
    if (odds < 0.3) {
      this.#report.killed++;
      rover.kill();
    } else if (odds < 0.8) {
      this.#report.frozen++;
      rover.freeze();
      await pause(this.#random() < LONG_FREEZES ? LONG_FREEZE : this.#random() * LONGEST_FREEZE);
      rover.wake();
    }
  }

  async #incidents(until: number): Promise<void> {
    while (Date.now() < until) {
      await pause(INCIDENTS * this.#random());
      const rovers = [...this.#running];
      const rover = rovers[Math.floor(this.#random() * rovers.length)];
      if (rover !== undefined) await this.#happens(rover);
    }
  }

  async #restart(after: number): Promise<void> {
    if (this.order.restart === undefined) return;
    await pause(after);
    await this.order.restart();
    this.#report.restarts++;
  }

  /** Nobody works: everything accepted is published by the next publish, and nothing contradicts anything. */
  async #check(): Promise<void> {
    await new PublishTufRepository(this.survivor.ports).publish(REPOSITORY);
    for (const fault of this.#promises.broken(await publishedTargets(this.survivor))) this.#fault(fault);
    await expectSoundAndDone(this.survivor, this.place, { isPruned: this.#report.turns["prune"] !== undefined });
  }

  /** The published files, deleted, come back from the database alone: byte for byte all that is current. */
  async #restore(): Promise<void> {
    const before = await this.#published();
    await rm(this.place.metadata, { recursive: true });
    await mkdir(this.place.metadata);
    await exportTufRepository(this.survivor.ports, REPOSITORY);
    await publishedTargets(this.survivor);
    for (const [name, text] of await this.#published()) {
      if (before.get(name) !== text) this.#fault(`${name} came back with other content`);
    }
  }

  async #published(): Promise<ReadonlyMap<string, string>> {
    const { metadata } = this.place;
    const names = (await readdir(metadata)).filter((name) => !name.startsWith("."));
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(metadata, name), "latin1")] as const)),
    );
  }

  #fault(what: string): void {
    this.#report.faults.push(what);
  }
}
