import { binsBelow, type CustomRole } from "../../../../domain/tuf/custom-role.js";
import { patternPrefix } from "../../../../domain/tuf/path-pattern.js";
import { isWithinLimit, MAX_ASKED, searchOrder } from "../../../../domain/tuf/role-search.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import type { HeldPath, TufStore } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";

export interface HiddenPorts {
  readonly store: Pick<TufStore, "repository" | "heldPaths">;
}

/** Accepted targets that no client finds, because it ends its search before it comes to who holds them. */
export interface HiddenTargets {
  /** The last custom role that it asks. */
  readonly role: string;
  /** Because the role is terminating, or because clients ask no more than 32 roles for a path. */
  readonly reason: "terminating" | "limit";
  /** How many. */
  readonly targets: number;
  /** The first few of their paths, escaped and cut: safe for a terminal. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;
const PATHS_AT_A_TIME = 4_000;

/**
 * What custom roles hide: targets that were there before the role was, or before it spoke for them. They come back with their
 * next edit. Reads all targets that a terminating role speaks for, or the 31st role and those after it, once; costs nothing
 * where there are no such roles.
 * @returns an entry for each role and reason, in the order of the roles
 * @throws {TufError} REPOSITORY_NOT_FOUND
 */
export async function hiddenTargets({ store }: HiddenPorts, name: string): Promise<readonly HiddenTargets[]> {
  const repository = await existingRepository(store, name);
  const { customRoles } = repository;
  // The role that the bins are below, and a bin, come after all.
  const hiding = customRoles.filter(({ terminating }, index) => terminating || index >= MAX_ASKED - 2);
  const found: Found[] = hiding.flatMap(({ name: role }) => [
    { role, reason: "terminating", targets: 0, examples: [] },
    { role, reason: "limit", targets: 0, examples: [] },
  ]);
  for (const prefix of shortest(hiding.flatMap(({ paths }) => paths.map(patternPrefix)))) {
    for await (const held of pathsFrom(store, name, prefix)) {
      if (!held.path.startsWith(prefix)) continue;
      const end = endBefore(customRoles, held);
      const entry = end && found.find(({ role, reason }) => role === end.role && reason === end.reason);
      if (entry === undefined) continue;
      entry.targets += 1;
      if (entry.examples.length < EXAMPLES) entry.examples.push(shownPath(held.path));
    }
  }
  return found.filter(({ targets }) => targets > 0);
}

interface Found extends HiddenTargets {
  targets: number;
  readonly examples: string[];
}

/** Without those that begin with another one: each path is then met once. */
function shortest(prefixes: readonly string[]): readonly string[] {
  const different = [...new Set(prefixes)];
  return different.filter((prefix) => !different.some((other) => other !== prefix && prefix.startsWith(other)));
}

async function* pathsFrom(store: HiddenPorts["store"], repository: string, prefix: string): AsyncGenerator<HeldPath> {
  for (let after: HeldPath | undefined; ;) {
    const page: readonly HeldPath[] = await store.heldPaths(repository, prefix, { after, limit: PATHS_AT_A_TIME });
    yield* page;
    if (page.length < PATHS_AT_A_TIME) return;
    after = page.at(-1);
  }
}

/** Where clients end their search for a path before they come to who holds it; `undefined` where they come to it. */
function endBefore(
  customRoles: readonly CustomRole[],
  { space, path }: HeldPath,
): Pick<HiddenTargets, "role" | "reason"> | undefined {
  const search = searchOrder(customRoles, path);
  const { roles, end } = search;
  const holder = space === "" ? undefined : roles.find(({ name }) => name === space);
  const isAsked = space === "" ? end === undefined : holder !== undefined;
  const isBin = holder === undefined || binsBelow(holder) !== undefined;
  if (isAsked && isWithinLimit(search, holder?.name, isBin)) return undefined;
  const asked = roles.slice(0, MAX_ASKED);
  if (!isAsked && end !== undefined && asked.includes(end)) return { role: end.name, reason: "terminating" };
  const last = asked.at(-1);
  return last && { role: last.name, reason: "limit" };
}
