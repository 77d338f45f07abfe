import type { CustomRole } from "../../../../domain/tuf/custom-role.js";
import type { MetaEntry } from "../../../../domain/tuf/metadata-document.js";
import { MAX_DEPTH } from "../../../../domain/tuf/nested-roles.js";
import type { Delegation } from "../../../../domain/tuf/threshold.js";
import {
  binsBelowForeign,
  binsBelowOnly,
  type Delegating,
  type Foreign,
  type ForeignCustom,
  foreignDelegations,
  foreignRolesBelow,
  isBin,
  keptRole,
  unsupported,
} from "./foreign-delegations.js";
import type { ForeignFile, ForeignReader } from "./foreign-reader.js";

/** A custom role as it is to be kept here, and who signs it. */
export interface ForeignRole extends Pick<ForeignCustom, "delegation"> {
  readonly role: Omit<CustomRole, "expiry">;
  /** Days for which its metadata lives, where the source says so. */
  readonly days: number | undefined;
}

/** Whom a repository of other tools delegates to, all the way down, in the order in which clients ask them. */
export interface ForeignTree {
  readonly asked: readonly Foreign[];
  readonly customRoles: readonly ForeignRole[];
}

/**
 * Reads `targets` and every custom role, of which one file is in memory for each level.
 * @throws {TufError} UNSUPPORTED_DELEGATION, UNVERIFIED_METADATA, INVALID_METADATA, THRESHOLD_NOT_MET
 */
export async function foreignTree(
  reader: ForeignReader,
  meta: Readonly<Record<string, MetaEntry>>,
  trusted: Delegation,
): Promise<ForeignTree> {
  const read = async (role: string, delegation: Delegation): Promise<Delegating> => {
    return delegating(role, await reader.listed("targets", role, meta, delegation));
  };
  const asked: Foreign[] = [];
  const customRoles: ForeignRole[] = [];
  const names = new Set<string>(["targets"]);

  const visit = async (role: Foreign, stated: Delegating, depth: number): Promise<void> => {
    if (names.has(role.name))
      throw unsupported(stated, `delegates to "${role.name}", to whom another role does already`);
    names.add(role.name);
    asked.push(role);
    if (isBin(role)) return;
    if (depth > MAX_DEPTH) throw unsupported(stated, `delegates to "${role.name}": more than ${MAX_DEPTH} roles deep`);
    const own = await read(role.name, role.delegation);
    const below = binsBelowForeign(role, own);
    const roles = below === undefined ? foreignRolesBelow(own) : [];
    // Bins that end the search are as good as a role that does.
    if (below?.terminating) asked.splice(-1, 1, { ...role, terminating: true });
    customRoles.push({ role: keptRole(role, below?.bins), delegation: role.delegation, days: daysOf(stated, role) });
    for (const one of roles) await visit(one, own, depth + 1);
  };

  const targets = await read("targets", trusted);
  const listed = foreignDelegations(targets);
  const [only, ...others] = listed.filter(isBin);
  const isOnly = only !== undefined && others.length === 0;
  const inside = isOnly ? binsBelowOnly(await read(only.name, only.delegation)) : [];
  for (const role of listed) {
    for (const one of role === only && inside.length > 0 ? inside : [role]) await visit(one, targets, 1);
  }
  return { asked, customRoles };
}

export function delegating(role: string, { name, document }: ForeignFile<"targets">): Delegating {
  return { role, file: name, signed: document.signed };
}

/** RSTUF states it beside the keys of a role. */
const EXPIRE_POLICY = "x-rstuf-expire-policy";

const MOST_DAYS = 3_650;

function daysOf({ signed }: Delegating, { name }: ForeignCustom): number | undefined {
  const stated = signed.delegations?.roles?.find((role) => role.name === name) as Record<string, unknown> | undefined;
  const days = stated?.[EXPIRE_POLICY];
  return typeof days === "number" && Number.isInteger(days) && days >= 1 && days <= MOST_DAYS ? days : undefined;
}
