import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { Journal, mendJournal, readJournal, type Event } from "./journal.js";
import { ledgerTable, ledgerType, MOST_WRITERS, writerAttribute } from "./ledger.js";
import { seeded, type Field, type Operation } from "./operation.js";
import { judge, type Stored, type Verdict } from "./oracle.js";
import { WriterProcess } from "./writer-process.js";
import type { Advance } from "./writer.child.js";

export interface SoakOrder {
  /** A database of its own, on a server or in a file. */
  readonly url: string;
  readonly updates: number;
  readonly processes: number;
  /** How often a process is killed and started anew. */
  readonly kills: number;
  readonly records: number;
  readonly seed: number;
  /** `full` writes whole records back, and loses updates: the proof that the soak can fail. */
  readonly arm: "changes" | "full";
  /** Ends the writing early; what was acknowledged until then is judged all the same. */
  readonly signal?: AbortSignal;
}

export interface SoakReport extends Verdict, Advance {
  readonly kills: number;
  /** Operations in whose middle a writer died, and how many of them were stored. */
  readonly interrupted: number;
  readonly stored: number;
  readonly seconds: number;
}

type Ledgers = DistinctRepository<typeof ledgerType>;

/**
 * Lets processes work on the same records until so many updates are acknowledged, kills one at a time meanwhile, and
 * compares what is stored with what was acknowledged.
 */
export async function soak(
  order: SoakOrder,
  onAdvance: (updates: number) => void = () => undefined,
): Promise<SoakReport> {
  checkOrder(order);
  const directory = await mkdtemp(join(tmpdir(), "distinction-soak-"));
  const database = openTestDatabase(order.url);
  try {
    await createTestTables(database, ledgerTable);
    const ledgers: Ledgers = new DistinctRepository(ledgerType, new SqlRecordStore(database, ledgerTable), {
      clock: systemClock,
      random: Math.random,
    });
    return await new Soak(order, directory, database, ledgers, onAdvance).run();
  } finally {
    await database.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function checkOrder({ processes, updates, records }: SoakOrder): void {
  if (processes < 1 || processes > MOST_WRITERS) throw new RangeError(`processes: 1 to ${MOST_WRITERS}`);
  if (updates < 1) throw new RangeError("updates: at least 1");
  if (records < 8) throw new RangeError("records: at least 8");
}

class Soak {
  readonly #field: Field;
  readonly #random: () => number;
  readonly #told = { updates: 0, retries: 0, conflicts: 0 };
  #kills = 0;
  #isOver = false;

  constructor(
    private readonly order: SoakOrder,
    private readonly directory: string,
    private readonly database: Database,
    private readonly ledgers: Ledgers,
    private readonly onAdvance: (updates: number) => void,
  ) {
    this.#field = {
      ids: Array.from({ length: order.records }, (_, index) => `ledger-${index}`),
      slots: Array.from({ length: 8 }, (_, index) => `slot-${index}`),
    };
    this.#random = seeded(order.seed);
  }

  async run(): Promise<SoakReport> {
    const records = this.#field.ids.map((id) => this.ledgers.create({ id }));
    await this.ledgers.addAll(records);
    const first = new Map(records.map((record) => [record.id, this.ledgers.versionOf(record)]));
    const writers = Array.from({ length: this.order.processes }, (_, writer) => writer);
    const running = new Set<WriterProcess>();
    const stop = (): void => {
      for (const process of running) process.kill();
    };
    this.order.signal?.addEventListener("abort", stop);
    const startedAt = performance.now();
    try {
      await Promise.all(writers.map((writer) => this.#write(writer, running)));
    } finally {
      this.#isOver = true;
      this.order.signal?.removeEventListener("abort", stop);
      stop();
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const events = writers.flatMap((writer) => readJournal(this.#journal(writer), writer));
    const verdict = judge({ events, first, stored: await this.#stored(), arm: this.order.arm });
    const settled = events.filter(({ outcome }) => outcome?.kind === "settled" || outcome?.kind === "clouded");
    return {
      ...verdict,
      ...this.#told,
      updates: updatesIn(events),
      kills: this.#kills,
      interrupted: settled.length,
      stored: settled.filter(({ outcome }) => outcome?.kind === "settled" && outcome.applied).length,
      seconds,
    };
  }

  /** Runs one writer to the end of its share, over as many processes as it takes. */
  async #write(writer: number, running: Set<WriterProcess>): Promise<void> {
    const { url, arm, seed, updates, processes, signal } = this.order;
    const share = Math.floor(updates / processes) + (writer < updates % processes ? 1 : 0);
    const journal = this.#journal(writer);
    let events: readonly Event[] = [];
    for (let left = share; left > 0 && signal?.aborted !== true; left = share - updatesIn(events)) {
      const from = events.length + 1;
      const process = new WriterProcess(
        { url, arm, writer, seed, field: this.#field, journal, from, updates: left },
        (told) => this.#advance(told, running),
      );
      running.add(process);
      const ended = await process.ended;
      running.delete(process);
      if (ended === "done" || this.#isOver) return;
      mendJournal(journal);
      events = readJournal(journal, writer);
      const last = events.at(-1);
      if (last !== undefined && last.outcome === undefined) {
        await this.#settle(last.operation, journal);
        events = readJournal(journal, writer);
      }
    }
  }

  #advance(told: Advance, running: Set<WriterProcess>): void {
    this.#told.updates += told.updates;
    this.#told.retries += told.retries;
    this.#told.conflicts += told.conflicts;
    this.onAdvance(told.updates);
    const { kills, updates } = this.order;
    if (this.#kills >= kills || this.#told.updates < ((this.#kills + 1) * updates) / (kills + 1)) return;
    this.#kills++;
    const processes = [...running];
    processes[Math.floor(this.#random() * processes.length)]?.kill();
  }

  /**
   * Finds out whether the last operation of a dead writer was stored. Its last statement may still be on its way: so the
   * look-up writes the record, after which a statement that is based on the version before finds nothing to change.
   */
  async #settle({ writer, number, kind, ids }: Operation, path: string): Promise<void> {
    const journal = new Journal(path);
    try {
      if (kind.startsWith("slot")) return journal.end({ kind: "clouded" });
      const versions: number[] = [];
      const applied = new Set<boolean>();
      for (const id of ids) {
        const record = await this.ledgers.get(id);
        record.settled++;
        versions.push((await this.ledgers.save(record)).version);
        applied.add(record[writerAttribute(writer)] === number);
      }
      if (applied.size > 1) throw new Error(`operation ${number} of writer ${writer} (${kind}) is stored in part`);
      journal.end({ kind: "settled", applied: applied.has(true), versions });
    } finally {
      journal.close();
    }
  }

  async #stored(): Promise<ReadonlyMap<string, Stored>> {
    const stored = new Map<string, Stored>();
    for (const id of [...this.#field.ids, ...this.#field.slots]) {
      const record = await this.ledgers.find(id);
      if (record !== undefined) stored.set(id, { record, version: this.ledgers.versionOf(record) });
    }
    return stored;
  }

  #journal(writer: number): string {
    return join(this.directory, `writer-${writer}.jsonl`);
  }
}

function updatesIn(events: readonly Event[]): number {
  return events.reduce((sum, { operation, outcome }) => {
    const isWritten = outcome?.kind === "done" || (outcome?.kind === "settled" && outcome.applied);
    return sum + (isWritten ? operation.ids.length : 0);
  }, 0);
}
