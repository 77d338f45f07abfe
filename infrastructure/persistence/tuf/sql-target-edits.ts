import { isDeepStrictEqual } from "node:util";
import { TufError, InvalidTargetsError } from "../../../domain/tuf/errors.js";
import { checkRoom, MAX_TARGETS } from "../../../domain/tuf/metadata-size.js";
import {
  areOfWholeRole,
  type BinEdits,
  growthBy,
  lastOfEach,
  type TargetEdit,
  type TargetEdits,
} from "../../../domain/tuf/target-edits.js";
import { shownPath } from "../../../domain/tuf/target-path.js";
import type { Target } from "../../../domain/tuf/target.js";
import type { DatabaseAccess } from "../connection/database.js";
import type { Dialect } from "../connection/dialect.js";
import type { Session } from "../connection/session.js";
import { batches } from "../records/batches.js";
import {
  countTargets,
  dropTargets,
  hex,
  putTargets,
  raiseBins,
  raiseStatedBins,
  readMet,
  selectMet,
  type Met,
} from "./tuf-target-statements.js";

/**
 * Edits of targets in a database: what is stored of the paths is read, and one transaction raises the versions of the bins
 * of which something differs and writes all their edits. Between the two another call may write, and then was accepted
 * before this one: hence also what was stored already is written, where the bin is written at all. A bin of which nothing
 * differs is accepted when it is read.
 */
export class SqlTargetEdits implements TargetEdits {
  constructor(private readonly database: DatabaseAccess) {}

  async accept(repository: string, given: readonly BinEdits[]): Promise<ReadonlySet<TargetEdit>> {
    const bins = given
      .map((one) => ({ ...one, edits: lastOfEach(one.edits) }))
      .filter(({ edits }) => edits.length > 0)
      .sort((left, right) => (left.bin < right.bin ? -1 : 1));
    if (bins.length === 0) return new Set();
    const dialect = await this.database.dialect();
    const rows = await this.database.session((session) => session.rows(selectMet(dialect, repository, bins)));
    const stored = storedTargets(repository, bins, rows.map(readMet));
    const changed = bins.filter((one) => one.edits.some((edit) => differs(edit, spaceOf(one), stored)));
    if (changed.length > 0) {
      await this.database.transaction((session) => write(session, dialect, repository, changed));
    }
    return removals(given, stored);
  }
}

/** Bytes that a server plans the look-up of a name in, generously. For more than a few MiB in all it reads the whole table. */
const LOOKUP = 500;

async function write(session: Session, dialect: Dialect, repository: string, bins: readonly BinEdits[]): Promise<void> {
  const isStated = bins.some(({ statedBy }) => statedBy !== undefined);
  const raise = isStated ? raiseStatedBins : raiseBins;
  for (const some of batches(bins, 1, () => LOOKUP)) {
    if ((await session.run(raise(dialect, repository, some))) === some.length) continue;
    throw new TufError("UNKNOWN_ROLE", `repository ${repository}: a custom role was removed`);
  }
  // A custom role may have gone since, and come back with other bins; now that they are locked, none can.
  const ofRoles = bins.filter((one) => spaceOf(one) !== "");
  if (ofRoles.length > 0) {
    const rows = await session.rows(selectMet(dialect, repository, ofRoles));
    const stored = storedTargets(repository, ofRoles, rows.map(readMet));
    for (const one of ofRoles.filter(areOfWholeRole)) await checkRoomOf(session, repository, one, stored);
  }
  for (const space of new Set(bins.map(spaceOf))) {
    const edits = bins.filter((one) => spaceOf(one) === space).flatMap((one) => one.edits);
    const puts = edits.filter((edit): edit is TargetEdit & { readonly target: Target } => edit.target !== null);
    for (const some of batches(puts, 0, rowLength)) {
      await session.run(putTargets(dialect, repository, space, some));
    }
    const drops = edits.filter(({ target }) => target === null);
    if (drops.length > 0) await session.run(dropTargets(dialect, repository, space, drops));
  }
}

/** Nobody else adds to the role, whose row is locked: what is counted now is so when it is committed. */
async function checkRoomOf(
  session: Session,
  repository: string,
  { bin: role, edits }: BinEdits,
  stored: ReadonlyMap<string, Target>,
): Promise<void> {
  const growth = growthBy(edits, ({ digest }) => stored.has(`${role}/${hex(digest)}`));
  if (growth <= 0) return;
  const [row] = await session.rows(countTargets(repository, role, MAX_TARGETS + 1));
  checkRoom(role, Number(row?.[0]), growth);
}

function spaceOf({ space = "" }: BinEdits): string {
  return space;
}

/** By space and digest in hexadecimal. */
function storedTargets(
  repository: string,
  bins: readonly BinEdits[],
  met: readonly Met[],
): ReadonlyMap<string, Target> {
  const stored = new Map<string, Target>();
  const strangers: Met[] = [];
  for (const row of met) {
    if (row.hasMoved) throw new TufError("UNKNOWN_ROLE", `repository ${repository}: custom roles may have changed`);
    if (!row.isBinThere) throw new TufError("UNKNOWN_ROLE", `repository ${repository} has no bin ${row.bin}`);
    if (row.target === undefined) strangers.push(row);
    else stored.set(`${row.space}/${row.digest}`, row.target);
  }
  const [first, ...others] = strangers.map(({ bin, digest }) => {
    const { path } = bins.find((edits) => edits.bin === bin)!.edits.find((edit) => hex(edit.digest) === digest)!;
    const reason = `the path does not belong into ${bin}`;
    return { code: "INVALID_TARGET_PATH", path: shownPath(path), reason } as const;
  });
  if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
  return stored;
}

function differs({ target, digest }: TargetEdit, space: string, stored: ReadonlyMap<string, Target>): boolean {
  const before = stored.size === 0 ? undefined : stored.get(`${space}/${hex(digest)}`);
  return target === null ? before !== undefined : before === undefined || !isDeepStrictEqual(target, before);
}

/** The edits that take a target away: one that is stored, or that an edit before put there. */
function removals(bins: readonly BinEdits[], stored: ReadonlyMap<string, Target>): ReadonlySet<TargetEdit> {
  const removed = new Set<TargetEdit>();
  if (bins.every(({ edits }) => edits.every(({ target }) => target !== null))) return removed;
  const held = new Set(stored.keys());
  for (const one of bins) {
    for (const edit of one.edits) {
      const key = `${spaceOf(one)}/${hex(edit.digest)}`;
      if (edit.target !== null) held.add(key);
      else if (held.delete(key)) removed.add(edit);
    }
  }
  return removed;
}

function rowLength({ path, target }: TargetEdit): number {
  const custom = target?.custom;
  return 256 + 2 * path.length + (custom === undefined ? 0 : JSON.stringify(custom).length);
}
