import { TufError } from "./errors.js";

/** Roles that every repository has (TUF 1.0.33 §2.1). Names are case-sensitive. */
export const TOP_LEVEL_ROLES = ["root", "targets", "snapshot", "timestamp"] as const;

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/**
 * Names of delegated roles begin with a letter: names that look like integers are moved to the front by JavaScript
 * clients, which then reject the signature. No dot and no slash, because names become names of files.
 */
export function isRoleName(name: string): boolean {
  return NAME.test(name);
}

/** What bins are named after, so that with `-ffff` it is still a role's name. */
const MAX_PREFIX = 59;

/**
 * @throws {TufError} INVALID_NAME
 */
export function checkNamePrefix(prefix: string): void {
  checkName("bin name prefix", prefix);
  if (prefix.length > MAX_PREFIX) {
    throw new TufError("INVALID_NAME", `bin name prefix "${prefix}": at most ${MAX_PREFIX} characters`);
  }
  // File systems that ignore case would take two roles' files for one.
  if ((TOP_LEVEL_ROLES as readonly string[]).includes(prefix.toLowerCase())) {
    throw new TufError("INVALID_NAME", `bin name prefix "${prefix}" is the name of a top-level role`);
  }
}

/**
 * @throws {TufError} INVALID_NAME
 */
export function checkRepositoryName(name: string): void {
  checkName("repository name", name);
}

function checkName(what: string, name: string): void {
  if (NAME.test(name)) return;
  const shown = JSON.stringify(name.slice(0, 64));
  throw new TufError("INVALID_NAME", `${what} ${shown}: a letter, then at most 63 letters, digits, "-" or "_"`);
}
