import { binsBelow } from "../../../domain/tuf/custom-role.js";
import { TufError } from "../../../domain/tuf/errors.js";
import { binNames, digestRange } from "../../../domain/tuf/hash-bins.js";
import type { DelegatedName, DelegationCommit } from "../../../domain/tuf/trust-store.js";
import type { Dialect } from "../connection/dialect.js";
import type { Session } from "../connection/session.js";
import { batches } from "../records/batches.js";
import { advance } from "./compare-and-set.js";
import {
  deleteTargetsIn,
  editTargets,
  insertBins,
  insertDelegatedRole,
  type OwnBin,
  retireBins,
  retireRole,
  reviveBins,
  reviveRole,
  selectTargetIn,
  writeCustomRoles,
} from "./tuf-delegation-statements.js";
import { cancelOpenEvent } from "./tuf-signing-statements.js";
import { hex } from "./tuf-target-statements.js";
import { advanceTrust, deleteRoleKeys, deleteTrust, distrustRoles, insertTrust } from "./tuf-trust-statements.js";
import { writeKeys, writeRoleKeys } from "./tuf-trust-writer.js";

/** Writes other custom roles, within a transaction: `targets` first, whose record only one change at a time moves. */
export async function writeDelegations(
  session: Session,
  dialect: Dialect,
  repository: string,
  { follows, roles, added, retired, withTargets, updates }: DelegationCommit,
): Promise<void> {
  await advance(session, editTargets(repository, follows));
  await session.run(writeCustomRoles(repository, roles));
  for (const role of added) {
    const revived = await session.run(reviveRole(repository, role));
    if (revived === 0) await session.run(insertDelegatedRole(repository, role));
    await addBins(session, dialect, repository, role);
  }
  for (const { role, trust, keys } of updates) {
    if (added.some(({ name }) => name === role)) await session.run(insertTrust(repository, role, trust));
    else {
      await advance(session, advanceTrust(repository, role, trust));
      await session.run(distrustRoles(repository, role));
    }
    await writeKeys(session, dialect, repository, keys);
    await writeRoleKeys(session, repository, role, trust);
    await session.run(cancelOpenEvent(repository, role));
  }
  for (const role of retired) await retire(session, repository, role, withTargets);
}

/** Characters of a bin's row in JSON, at most. */
const BIN_TEXT = 256;

async function addBins(session: Session, dialect: Dialect, repository: string, role: DelegatedName): Promise<void> {
  const hashBins = binsBelow(role);
  if (hashBins === undefined) return;
  const bins = binNames(hashBins).map((name, index): OwnBin => {
    const { low, high } = digestRange(hashBins, index);
    return [name, hex(low), hex(high)];
  });
  for (const some of batches(bins, 1, () => BIN_TEXT)) {
    await session.run(reviveBins(dialect, repository, role.name, some));
    await session.run(insertBins(dialect, repository, role.name, some));
  }
}

async function retire(
  session: Session,
  repository: string,
  { name, kind, bitLength }: DelegatedName,
  withTargets: boolean,
): Promise<void> {
  // First, so that edits wait, and then find the role gone.
  await advance(session, retireRole(repository, name));
  if (bitLength !== undefined) await session.run(retireBins(repository, name));
  if (kind === "catch-all") return;
  if (withTargets) await session.run(deleteTargetsIn(repository, name));
  else if ((await session.rows(selectTargetIn(repository, name))).length > 0) {
    throw new TufError("ROLE_NOT_EMPTY", `role ${name} holds targets`);
  }
  await session.run(deleteTrust(repository, name));
  await session.run(deleteRoleKeys(repository, name));
  await session.run(cancelOpenEvent(repository, name));
}
