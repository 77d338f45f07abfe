import { binsBelow } from "../../domain/tuf/custom-role.js";
import { TufError } from "../../domain/tuf/errors.js";
import { binNames, digestRange, wholeRange } from "../../domain/tuf/hash-bins.js";
import type { DelegatedName } from "../../domain/tuf/trust-store.js";
import { type RepositoryRows, type RoleRow, roleRow, trusting } from "./tuf-state.js";

/** A role of `targets`' delegations comes, or comes back: above the metadata version that it had, and yet to be signed. */
export function addRole(rows: RepositoryRows, role: DelegatedName): void {
  const { name, kind } = role;
  const hashBins = binsBelow(role);
  const isHolder = kind === "custom" && hashBins === undefined;
  add(rows, { name, kind, space: isHolder ? name : "", range: isHolder ? wholeRange() : undefined });
  if (hashBins === undefined) return;
  for (const [index, bin] of binNames(hashBins).entries()) {
    add(rows, { name: bin, kind: "bin", space: name, range: digestRange(hashBins, index) });
  }
}

function add(rows: RepositoryRows, role: Pick<RoleRow, "name" | "kind" | "space" | "range">): void {
  const before = rows.roles.get(role.name);
  if (before === undefined) {
    const metadataVersion = rows.head.get(role.name)?.metadataVersion ?? 0;
    const counters = { version: 1, signedVersion: 0, trustSince: 1, metadataVersion, expiresAt: 0 };
    rows.roles.set(role.name, { ...role, ...counters, targets: new Map() });
  } else {
    const version = before.version + 1;
    Object.assign(before, role, { version, trustSince: version });
  }
}

/** It goes, with its bins, its targets and its trust; snapshots go on listing it, and nobody asks for it. */
export function retireRole(rows: RepositoryRows, { name, kind }: DelegatedName): void {
  for (const role of [roleRow(rows, name), ...binsOf(rows, name)]) {
    role.kind = "retired";
    role.version += 1;
    role.trustSince = role.version;
    role.signedVersion = role.version;
    role.targets.clear();
  }
  if (kind !== "custom") return;
  const kept = Object.entries(rows.repository.trust).filter(([other]) => other !== name);
  rows.repository = trusting(rows.repository, Object.fromEntries(kept));
}

/** The bins below a custom role. */
export function binsOf({ roles }: RepositoryRows, above: string): readonly RoleRow[] {
  return [...roles.values()].filter(({ kind, space }) => kind === "bin" && space === above && above !== "");
}

/**
 * @throws {TufError} ROLE_NOT_EMPTY
 */
export function checkEmpty(rows: RepositoryRows, name: string): void {
  const isEmpty = [roleRow(rows, name), ...binsOf(rows, name)].every(({ targets }) => targets.size === 0);
  if (!isEmpty) throw new TufError("ROLE_NOT_EMPTY", `role ${name} holds targets`);
}
