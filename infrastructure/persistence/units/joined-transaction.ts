import type { EntityManager } from "typeorm";
import { storeBy, type RecordStore } from "../../../domain/distinction/record-store.js";
import { unitMisused } from "../../../domain/distinction/unit/unit-errors.js";
import { UnitMembers } from "../../../domain/distinction/unit/unit-members.js";
import type { TransactionScope, UnitBinding, UnitMember } from "../../../domain/distinction/unit/unit-of-work.js";
import { JoinedConnector } from "../connection/joined-connector.js";
import { JoinedRunner } from "../connection/joined-runner.js";
import { SqlRecordStore } from "../records/sql-record-store.js";

/**
 * A transaction that somebody else began with TypeORM. What its repositories write becomes part of it. Where another
 * writer came first, they read under a lock what is stored now, and merge with that: so there is nothing to run again,
 * and nobody whom it could be left to.
 */
export class JoinedTransaction implements Pick<TransactionScope, "repository">, UnitBinding {
  readonly #stores = new Map<RecordStore, RecordStore>();
  readonly #members = new UnitMembers();
  readonly #joined: JoinedRunner;

  /**
   * @param actor who does this, for the history
   * @throws DistinctionError `TRANSACTION_ENDED`, `UNSAFE_ISOLATION`
   */
  constructor(
    private readonly manager: EntityManager,
    readonly actor: string | undefined,
  ) {
    this.#joined = JoinedRunner.of(manager.queryRunner);
  }

  repository<T>(repository: UnitMember<T>): T {
    this.#joined.requireOpen();
    return this.#members.of(repository, this);
  }

  store(store: RecordStore): RecordStore {
    const home = store instanceof SqlRecordStore ? store.home : undefined;
    if (!(store instanceof SqlRecordStore) || home?.identity !== this.manager.dataSource) {
      throw unitMisused("a repository of another data source cannot join this one's transaction");
    }
    let inside = this.#stores.get(store);
    if (inside === undefined) {
      const joined = home.joining(() => JoinedConnector.over(this.#joined), this.#joined.savepoints);
      this.#stores.set(store, (inside = storeBy(store.over(joined), this.actor)));
    }
    return inside;
  }
}
