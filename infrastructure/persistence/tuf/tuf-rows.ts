import { corrupt, TufError } from "../../../domain/tuf/errors.js";
import { TOP_LEVEL_ROLES } from "../../../domain/tuf/role-name.js";
import type { CommitOutcome } from "../../../domain/tuf/tuf-store.js";
import type { Database } from "../connection/database.js";
import { DuplicateKeyError } from "../connection/server-error.js";
import type { Row, Session, Statement } from "../connection/session.js";
import { StaleCommit } from "./compare-and-set.js";
import { selectRoles } from "./tuf-repository-statements.js";

/** Runs statements on the rows of repositories, and tells what is missing where they find none. */
export class TufRows {
  constructor(private readonly database: Database) {}

  of(statement: Statement): Promise<readonly Row[]> {
    return this.database.session((session) => session.rows(statement));
  }

  /** Rows that a repository always has, once it has these roles. */
  async ofRole(
    statement: Statement,
    repository: string,
    ...roles: readonly string[]
  ): Promise<readonly [Row, ...Row[]]> {
    const [first, ...others] = await this.of(statement);
    if (first !== undefined) return [first, ...others];
    await this.requireRoles(repository, roles);
    throw corrupt(`repository ${repository} lacks rows of ${roles.join(" or ")}`);
  }

  /** A transaction that begins with a compare-and-set of these roles. */
  async commit(
    repository: string,
    roles: readonly string[],
    work: (session: Session) => Promise<void>,
  ): Promise<CommitOutcome> {
    try {
      await this.database.transaction(work);
      return "applied";
    } catch (error) {
      if (!(error instanceof StaleCommit) && !(error instanceof DuplicateKeyError)) throw error;
      await this.requireRoles(repository, roles);
      return "stale";
    }
  }

  async noRole(repository: string, role: string): Promise<never> {
    await this.requireRole(repository, role);
    throw corrupt(`repository ${repository}: role ${role} came and went`);
  }

  /** What there is to say where a statement found nothing; asked only then. */
  requireRole(repository: string, role: string): Promise<void> {
    return this.requireRoles(repository, [role]);
  }

  /** As `requireRole`, of the first of these that is not there. */
  async requireRoles(repository: string, roles: readonly string[]): Promise<void> {
    const rows = await this.of(selectRoles(repository, roles));
    if (rows.length === 0) throw new TufError("REPOSITORY_NOT_FOUND", `no repository ${repository}`);
    const there = new Set(rows.map(([name]) => name));
    const role = roles.find((name) => !there.has(name));
    if (role === undefined) return;
    if ((TOP_LEVEL_ROLES as readonly string[]).includes(role)) throw lacking(repository, role);
    throw new TufError("UNKNOWN_ROLE", `repository ${repository} has no role ${role}`);
  }
}

export function lacking(repository: string, role: string): TufError {
  return corrupt(`repository ${repository} has no role ${role}`);
}
