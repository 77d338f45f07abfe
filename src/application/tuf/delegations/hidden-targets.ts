import { patternPrefix } from "../../../../domain/tuf/path-pattern.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import { searchOrder } from "../../../../domain/tuf/role-search.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import type { HeldPath, TufStore } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";

export interface HiddenPorts {
  readonly store: Pick<TufStore, "repository" | "heldPaths">;
}

/** Accepted targets that no client finds, because it looks no further than a terminating role that does not hold them. */
export interface HiddenTargets {
  /** The terminating role. */
  readonly role: string;
  /** How many. */
  readonly targets: number;
  /** The first few of their paths, escaped and cut: safe for a terminal. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;
const PATHS_AT_A_TIME = 4_000;

/**
 * What terminating roles hide: targets that were there before the role was, or before it spoke for them. They come back
 * with their next edit. Reads all targets once for each terminating role and prefix of its patterns; costs nothing where
 * there is no such role.
 * @returns an entry for each role that hides something, in the order of the roles
 * @throws {TufError} REPOSITORY_NOT_FOUND
 */
export async function hiddenTargets({ store }: HiddenPorts, name: string): Promise<readonly HiddenTargets[]> {
  const repository = await existingRepository(store, name);
  const hidden: HiddenTargets[] = [];
  for (const { name: role, terminating, paths } of repository.customRoles) {
    if (!terminating) continue;
    const examples: string[] = [];
    let targets = 0;
    for (const prefix of shortest(paths.map(patternPrefix))) {
      for await (const held of pathsFrom(store, name, prefix)) {
        if (!held.path.startsWith(prefix) || !isHiddenBy(repository, role, held)) continue;
        targets += 1;
        if (examples.length < EXAMPLES) examples.push(shownPath(held.path));
      }
    }
    if (targets > 0) hidden.push({ role, targets, examples });
  }
  return hidden;
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

/** Whether clients end their search for the path at the role, before they come to who holds it. */
function isHiddenBy({ customRoles }: TufRepository, role: string, { space, path }: HeldPath): boolean {
  const { roles, end } = searchOrder(customRoles, path);
  const isAsked = space === "" ? end === undefined : roles.some(({ name }) => name === space);
  return !isAsked && end?.name === role;
}
