import { TufError } from "../../../domain/tuf/errors.js";
import { isTrustPublished } from "../../../domain/tuf/published-trust.js";
import type { Signature } from "../../../domain/tuf/metadata-document.js";
import type { NewSigningEvent, SigningEvent } from "../../../domain/tuf/signing-event.js";
import type {
  DelegationCommit,
  RootCommit,
  TrustStore,
  TrustUpdate,
  TrustVersion,
} from "../../../domain/tuf/trust-store.js";
import type { CommitOutcome, RoleRecord } from "../../../domain/tuf/tuf-store.js";
import type { Database } from "../connection/database.js";
import { DuplicateKeyError } from "../connection/server-error.js";
import type { Row, Session, Statement } from "../connection/session.js";
import { advance, StaleCommit } from "./compare-and-set.js";
import { writeDelegations } from "./tuf-delegation-writer.js";
import { insertFileRows } from "./tuf-file-writer.js";
import { readCustomRoles, selectRoles } from "./tuf-repository-statements.js";
import { advanceRoot, readCounters, selectDelegatedRoles, selectRoleBefore } from "./tuf-role-statements.js";
import {
  cancelOpenEvent,
  closeEvent,
  insertEvent,
  insertSignature,
  readEvent,
  selectEvent,
  selectOpenEvent,
} from "./tuf-signing-statements.js";
import {
  advanceTrust,
  distrustRoles,
  endTransition,
  readStatingRole,
  revokeKeyRow,
  selectBinBehind,
  selectReleasedRoot,
  selectRevokedKeys,
  selectStatingRoles,
  selectUnpublishedTrust,
  touchTargets,
} from "./tuf-trust-statements.js";
import { writeKeys, writeRoleKeys } from "./tuf-trust-writer.js";

/** Trust and signing events in a database. As in `SqlTufStore`, every commit begins with its compare-and-set. */
export class SqlTrustStore implements TrustStore {
  constructor(private readonly database: Database) {}

  async openEvent(repository: string, event: NewSigningEvent): Promise<number | "occupied" | "stale"> {
    await this.#requireRepository(repository);
    const { forUpdate } = await this.database.dialect();
    try {
      return await this.database.transaction(async (session) => {
        // Locked, so that no root is committed before the event is there to be closed with it.
        const current = await session.rows(selectRoleBefore(repository, event, forUpdate));
        if (current.length === 0) return "stale";
        await session.run(insertEvent(repository, event));
        const opened = readEvent(await session.rows(selectOpenEvent(repository, event.role)));
        return opened!.number;
      });
    } catch (error) {
      if (error instanceof DuplicateKeyError) return "occupied";
      throw error;
    }
  }

  async signingEvent(repository: string, number: number): Promise<SigningEvent | undefined> {
    return this.#event(repository, selectEvent(repository, number));
  }

  async openEventOf(repository: string, role: string): Promise<SigningEvent | undefined> {
    return this.#event(repository, selectOpenEvent(repository, role));
  }

  async addSignature(repository: string, number: number, signature: Signature): Promise<"added" | "duplicate"> {
    await this.#requireRepository(repository);
    try {
      await this.database.session((session) => session.run(insertSignature(repository, number, signature)));
      return "added";
    } catch (error) {
      if (error instanceof DuplicateKeyError) return "duplicate";
      throw error;
    }
  }

  async cancelEvent(repository: string, number: number): Promise<CommitOutcome> {
    await this.#requireRepository(repository);
    const closed = await this.database.session((session) => session.run(closeEvent(repository, number, "cancelled")));
    return closed === 0 ? "stale" : "applied";
  }

  async commitRoot(repository: string, { file, updates, event, follows }: RootCommit): Promise<CommitOutcome> {
    return this.#commit(repository, async (session) => {
      await advance(session, advanceRoot(repository, file, follows));
      if (event === undefined) await session.run(cancelOpenEvent(repository, "root"));
      else await advance(session, closeEvent(repository, event, "finalised"));
      await insertFileRows(session, repository, [file]);
      for (const update of updates) {
        await this.#writeTrust(session, repository, update);
        // Root is signed by its ceremony alone.
        if (update.role !== "root") await session.run(distrustRoles(repository, update.role));
      }
    });
  }

  async commitBinsTrust(repository: string, update: TrustUpdate): Promise<CommitOutcome> {
    return this.#commit(repository, async (session) => {
      await this.#writeTrust(session, repository, update);
      await session.run(distrustRoles(repository, "bins"));
      await session.run(touchTargets(repository));
    });
  }

  async areBinsBehind(repository: string, above = ""): Promise<boolean> {
    return (await this.#rowsOf(repository, selectBinBehind(repository, above))).length > 0;
  }

  async commitDelegations(repository: string, commit: DelegationCommit): Promise<CommitOutcome> {
    const dialect = await this.database.dialect();
    return this.#commit(repository, (session) => writeDelegations(session, dialect, repository, commit));
  }

  async delegatedRoles(repository: string): Promise<readonly RoleRecord[]> {
    return (await this.#rowsOf(repository, selectDelegatedRoles(repository))).map(readCounters);
  }

  async releasedRoot(repository: string): Promise<number> {
    const [row] = await this.#rowsOf(repository, selectReleasedRoot(repository));
    const [newest, published, unsigned] = row ?? [];
    return Number(unsigned) === 0 ? Number(newest) : Number(published);
  }

  async publishedTrust(repository: string): Promise<readonly TrustVersion[]> {
    // Read first: what then is found to be published states this version, or a later one, which `endTransitions` notices.
    const rows = await this.#rowsOf(repository, selectUnpublishedTrust(repository));
    const unpublished = rows.filter(([role]) => role !== null);
    if (unpublished.length === 0) return [];
    const stating = (await this.#rowsOf(repository, selectStatingRoles(repository))).map(readStatingRole);
    return unpublished
      .filter(([role, , customRoles]) => isTrustPublished(role as string, stating, readCustomRoles(customRoles)))
      .map(([role, version]) => ({ role: role as string, version: Number(version) }));
  }

  async endTransitions(repository: string, published: readonly TrustVersion[], transitionEnds: number): Promise<void> {
    await this.#requireRepository(repository);
    for (const trust of published) {
      await this.database.session((session) => session.run(endTransition(repository, trust, transitionEnds)));
    }
  }

  async revokeKey(repository: string, keyId: string): Promise<void> {
    await this.#requireRepository(repository);
    await this.database.session((session) => session.run(revokeKeyRow(repository, keyId)));
  }

  async revokedKeys(repository: string): Promise<ReadonlySet<string>> {
    const rows = await this.database.session((session) => session.rows(selectRevokedKeys(repository)));
    return new Set(rows.map(([keyId]) => keyId as string));
  }

  async #writeTrust(session: Session, repository: string, { role, trust, keys }: TrustUpdate): Promise<void> {
    await advance(session, advanceTrust(repository, role, trust));
    await writeKeys(session, await this.database.dialect(), repository, keys);
    await writeRoleKeys(session, repository, role, trust);
  }

  async #event(repository: string, statement: Statement): Promise<SigningEvent | undefined> {
    return readEvent(await this.#rowsOf(repository, statement));
  }

  async #commit(repository: string, work: (session: Session) => Promise<void>): Promise<CommitOutcome> {
    try {
      await this.database.transaction(work);
      return "applied";
    } catch (error) {
      if (!(error instanceof StaleCommit) && !(error instanceof DuplicateKeyError)) throw error;
      await this.#requireRepository(repository);
      return "stale";
    }
  }

  /** Finding nothing may mean that there is no such repository; asked only then. */
  async #rowsOf(repository: string, statement: Statement): Promise<readonly Row[]> {
    const rows = await this.database.session((session) => session.rows(statement));
    if (rows.length === 0) await this.#requireRepository(repository);
    return rows;
  }

  async #requireRepository(repository: string): Promise<void> {
    const rows = await this.database.session((session) => session.rows(selectRoles(repository, ["root"])));
    if (rows.length === 0) throw new TufError("REPOSITORY_NOT_FOUND", `no repository ${repository}`);
  }
}
