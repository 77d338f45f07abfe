import { TufError } from "../../domain/tuf/errors.js";
import type { DelegatedName } from "../../domain/tuf/trust-store.js";
import { type RepositoryRows, type RoleRow, roleRow, trusting } from "./tuf-state.js";

/** A role of `targets`' delegations comes, or comes back: above the metadata version that it had, and yet to be signed. */
export function addRole(rows: RepositoryRows, { name, kind }: DelegatedName): void {
  const before = rows.roles.get(name);
  if (before === undefined) rows.roles.set(name, newRow({ name, kind }, rows.head.get(name)?.metadataVersion ?? 0));
  else {
    before.kind = kind;
    before.version += 1;
    before.trustSince = before.version;
  }
}

/** It goes, with its targets and its trust; snapshots go on listing it, and nobody asks for it. */
export function retireRole(rows: RepositoryRows, { name, kind }: DelegatedName): void {
  const role = roleRow(rows, name);
  role.kind = "retired";
  role.version += 1;
  role.trustSince = role.version;
  role.signedVersion = role.version;
  role.targets.clear();
  if (kind !== "custom") return;
  const kept = Object.entries(rows.repository.trust).filter(([other]) => other !== name);
  rows.repository = trusting(rows.repository, Object.fromEntries(kept));
}

/**
 * @throws {TufError} ROLE_NOT_EMPTY
 */
export function checkEmpty({ name, targets }: RoleRow): void {
  if (targets.size > 0) throw new TufError("ROLE_NOT_EMPTY", `role ${name} holds targets`);
}

function newRow({ name, kind }: DelegatedName, metadataVersion: number): RoleRow {
  const range = kind === "custom" ? { low: new Uint8Array(32), high: new Uint8Array(32).fill(0xff) } : undefined;
  const counters = { version: 1, signedVersion: 0, trustSince: 1, metadataVersion, expiresAt: 0 };
  return { name, kind, range, ...counters, targets: new Map() };
}
