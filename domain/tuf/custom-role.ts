import { anArray } from "../distinction/arguments.js";
import { TufError } from "./errors.js";
import type { RoleExpiry } from "./expiry.js";
import { type HashBins, isBinName } from "./hash-bins.js";
import { pathPatternFault } from "./path-pattern.js";
import { checkNamePrefix, isRoleName, TOP_LEVEL_ROLES } from "./role-name.js";
import { shownPath } from "./target-path.js";

/** A role that `targets`, or another custom role, delegates some paths to, with keys of its own (TUF 1.0.33 §4.5). */
export interface CustomRole {
  readonly name: string;
  /** The custom role that delegates to it; `targets` does where none is given. */
  readonly above?: string;
  /** Patterns of the paths that it may speak of. */
  readonly paths: readonly string[];
  /** Whether clients that do not find a path of its patterns here look no further. */
  readonly terminating: boolean;
  readonly expiry: RoleExpiry;
  /** 2^bitLength hash bins below it hold its targets; without, it holds them itself. */
  readonly bitLength?: number;
  /** What they are named after, where that is not the role: others named them so. */
  readonly binPrefix?: string;
}

type Binned = Pick<CustomRole, "name" | "bitLength" | "binPrefix">;

/** The hash bins below a custom role. */
export function binsBelow({ name, bitLength, binPrefix = name }: Binned): HashBins | undefined {
  return bitLength === undefined ? undefined : { bitLength, namePrefix: binPrefix };
}

/** The custom role that a bin is below; `undefined` for bins of the repository, and for what is no bin. */
export function roleAbove<R extends Binned>(roles: readonly R[], name: string): R | undefined {
  return roles.find((role) => {
    const bins = binsBelow(role);
    return bins !== undefined && isBinName(bins, name);
  });
}

/** Most patterns of one role. All of them are in `targets`, which clients read only up to a limit of their own. */
export const MAX_PATTERNS = 256;

/** The role that the hash bins are below once there are custom roles: metadata has either bins or roles, not both (TAP 15). */
export function catchAllName({ namePrefix }: Pick<HashBins, "namePrefix">): string {
  return namePrefix;
}

/**
 * @throws {TufError} INVALID_NAME for a name that is not allowed, or is another role's
 */
export function checkCustomName(name: string, bins: Pick<HashBins, "namePrefix">): void {
  if (!isRoleName(name)) {
    const shown = shownPath(name);
    throw new TufError("INVALID_NAME", `role "${shown}": a letter, then at most 63 letters, digits, "-" or "_"`);
  }
  // File systems that ignore case would take two roles' files for one.
  const lower = name.toLowerCase();
  const prefix = bins.namePrefix.toLowerCase();
  const reserved: readonly string[] = [...TOP_LEVEL_ROLES, "bins", prefix];
  if (isBinName({ namePrefix: prefix }, lower) || reserved.includes(lower))
    throw new TufError("INVALID_NAME", `role "${name}": the name is reserved`);
}

/**
 * Names of bins below custom roles are nobody else's.
 * @throws {TufError} INVALID_NAME
 */
export function checkNamesOfBins(roles: readonly CustomRole[], bins: Pick<HashBins, "namePrefix">): void {
  const prefixes = new Set([bins.namePrefix.toLowerCase()]);
  for (const role of roles) {
    const below = binsBelow(role);
    if (below === undefined) continue;
    checkNamePrefix(below.namePrefix);
    const prefix = { namePrefix: below.namePrefix.toLowerCase() };
    const other = [catchAllName(bins), ...roles.map(({ name }) => name)].find((one) =>
      isBinName(prefix, one.toLowerCase()),
    );
    if (other !== undefined) throw new TufError("INVALID_NAME", `a bin of role ${role.name} could be named ${other}`);
    if (prefixes.has(prefix.namePrefix)) {
      throw new TufError("INVALID_NAME", `bins of role ${role.name} are named ${below.namePrefix}-…, as others are`);
    }
    prefixes.add(prefix.namePrefix);
  }
}

/**
 * @throws {TufError} INVALID_DELEGATION with every fault of the patterns
 */
export function checkPatterns(role: string, paths: readonly string[]): void {
  const otherwise = anArray(paths);
  if (otherwise !== undefined) throw new TufError("INVALID_DELEGATION", `role ${role}: path patterns are ${otherwise}`);
  const faults = [
    ...(paths.length === 0 ? ["at least one path pattern is needed"] : []),
    ...(paths.length > MAX_PATTERNS ? [`at most ${MAX_PATTERNS} path patterns, got ${paths.length}`] : []),
    ...(new Set(paths).size < paths.length ? ["a path pattern is there twice"] : []),
    ...paths.flatMap((pattern) => {
      const reason = pathPatternFault(pattern);
      return reason === undefined ? [] : [`pattern "${shownPath(pattern)}": ${reason}`];
    }),
  ];
  if (faults.length === 0) return;
  const shown = faults.slice(0, SHOWN_FAULTS).join("; ");
  const hidden = faults.length > SHOWN_FAULTS ? `; and ${faults.length - SHOWN_FAULTS} more` : "";
  throw new TufError("INVALID_DELEGATION", `role ${role}: ${shown}${hidden}`);
}

const SHOWN_FAULTS = 5;
