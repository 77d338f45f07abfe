import { idText, type RecordId } from "../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../domain/distinction/record/record-state.js";
import type { RecordStore, StorePage } from "../../domain/distinction/record-store.js";
import type { RepositoryEnvironment } from "../../domain/distinction/repository-environment.js";
import { unitMisused, unitOver } from "../../domain/distinction/unit/unit-errors.js";
import { UnitMembers } from "../../domain/distinction/unit/unit-members.js";
import type {
  TransactionScope,
  UnitBinding,
  UnitMember,
  UnitOfWork,
  UnitOptions,
} from "../../domain/distinction/unit/unit-of-work.js";
import {
  runUntilCommitted,
  type UnitOutcome,
  type UnitRun,
  whilePatient,
} from "../../domain/distinction/unit/unit-runner.js";
import { remember, type Remembered } from "./memory-history.js";
import { MemoryRecordStore, type MemoryFork } from "./memory-record-store.js";

/**
 * Units of work on stores in memory: each run works on copies, and writes them back in one tick if nobody has changed
 * meanwhile what it loaded or wrote. Somebody's commit is all that can make another's fail, so there is always progress.
 */
export class MemoryUnitOfWork implements UnitOfWork {
  constructor(private readonly environment: RepositoryEnvironment) {}

  run<T>(work: (tx: TransactionScope) => Promise<T>, options: UnitOptions = {}): Promise<T> {
    return runUntilCommitted(this.environment, work, options, (run) => attempt(work, options, run));
  }
}

async function attempt<T>(
  work: (tx: TransactionScope) => Promise<T>,
  options: UnitOptions,
  run: UnitRun,
): Promise<UnitOutcome<T>> {
  const scope = new MemoryTransactionScope(options, run);
  let value: T;
  try {
    value = await whilePatient(run.patience, () => work(scope));
  } catch (error) {
    // What it saw may never have been so at any one time: then what it made of that does not count.
    if (scope.isFresh()) throw error;
    run.patience?.check();
    return { kind: "undone", reason: error };
  } finally {
    scope.end();
  }
  if (!scope.isFresh()) return { kind: "undone", reason: undefined };
  scope.merge();
  return { kind: "committed", value };
}

class MemoryTransactionScope implements TransactionScope, UnitBinding {
  readonly #stores = new Map<RecordStore, { fork: MemoryFork; inside: MemoryRecordStore; loaded: Set<string> }>();
  readonly #members = new UnitMembers();
  readonly #written: Remembered[] = [];
  #isOpen = true;

  constructor(
    private readonly options: UnitOptions,
    private readonly run: UnitRun,
  ) {}

  get attempt(): number {
    return this.run.attempt;
  }

  get actor(): string | undefined {
    return this.options.actor;
  }

  repository<T>(repository: UnitMember<T>): T {
    if (!this.#isOpen) throw unitOver();
    return this.#members.of(repository, this);
  }

  store(store: RecordStore): MemoryRecordStore {
    if (!(store instanceof MemoryRecordStore)) throw unitMisused("only repositories in memory can take part");
    let bound = this.#stores.get(store);
    if (bound === undefined) {
      const fork = store.fork(
        (writes) => void this.#written.push(...writes),
        (sibling) => this.store(sibling),
      );
      const loaded = new Set<string>();
      bound = { fork, loaded, inside: this.#guarded(fork.store, loaded) };
      this.#stores.set(store, bound);
    }
    return bound.inside;
  }

  end(): void {
    this.#isOpen = false;
  }

  isFresh(): boolean {
    return [...this.#stores.values()].every(({ fork, loaded }) => fork.isFresh() && fork.isFresh([...loaded]));
  }

  merge(): void {
    remember(this.#written.map((write) => ({ ...write, actor: write.actor ?? this.actor })));
    for (const { fork } of this.#stores.values()) fork.merge();
  }

  /** The fork, for as long as the unit is open, with an eye on what is loaded. Whatever methods the port has. */
  #guarded(store: MemoryRecordStore, loaded: Set<string>): MemoryRecordStore {
    return new Proxy(store, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target) as unknown;
        if (typeof member !== "function") return member;
        return (...given: unknown[]): unknown => {
          if (name === "by") return this.#guarded(target.by(given[0] as string), loaded);
          if (!this.#isOpen) return Promise.reject(unitOver());
          if (name === "peek") loaded.add(idText(given[0] as RecordId));
          if (name === "load") for (const id of given[0] as readonly RecordId[]) loaded.add(idText(id));
          const answer = member.apply(target, given) as unknown;
          return name === "list"
            ? noted(answer as Promise<StorePage>, (state) => loaded.add(target.keyOf(state)))
            : answer;
        };
      },
    });
  }
}

/** A page whose records were noted before anybody has it. */
async function noted(page: Promise<StorePage>, note: (state: RecordState) => void): Promise<StorePage> {
  const listed = await page;
  if (listed.kind === "page") listed.states.forEach(note);
  return listed;
}
