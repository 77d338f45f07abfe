import { targetPathFault } from "./target-path.js";

/**
 * Patterns of target paths (TUF 1.0.33 §4.5, `PATHPATTERN`): segments separated by slashes, in them `*` for any characters
 * and `?` for one. As in a shell neither crosses a slash, and neither stands for a dot that begins a segment.
 *
 * Clients bring glob libraries of their own, which agree on no more than that: what only some of them understand is refused.
 */
const RULES: readonly { readonly broken: (pattern: string) => boolean; readonly reason: string }[] = [
  { broken: (pattern) => /[[\]{}()]/.test(pattern), reason: "clients disagree about brackets, braces and parentheses" },
  { broken: (pattern) => /(^|\/)[!#]/.test(pattern), reason: "clients disagree about segments that begin with ! or #" },
  // Everywhere else it would be taken for any number of segments; in TUF it stands for one.
  { broken: (pattern) => pattern.includes("**"), reason: "* stands for one segment or a part of it; ** is no pattern" },
];

/** Why `pattern` cannot be delegated, or `undefined` where it can. */
export function pathPatternFault(pattern: string): string | undefined {
  return targetPathFault(pattern) ?? RULES.find(({ broken }) => broken(pattern))?.reason;
}

/** What every path that the pattern matches begins with. */
export function patternPrefix(pattern: string): string {
  return /^[^*?]*/.exec(pattern)![0];
}

/** Whether a pattern that can be delegated matches a path. */
export function matchesPattern(pattern: string, path: string): boolean {
  return matchesSegments(pattern, path, (pieces, segment) => !segment.startsWith(".") || pieces.startsWith("."));
}

/** As `matchesPattern` for clients whose wildcards also stand for a dot at the beginning of a segment. */
export function matchesLoosely(pattern: string, path: string): boolean {
  return matchesSegments(pattern, path, () => true);
}

function matchesSegments(
  pattern: string,
  path: string,
  mayMatch: (pieces: string, segment: string) => boolean,
): boolean {
  const wanted = pattern.split("/");
  const segments = path.split("/");
  return (
    wanted.length === segments.length &&
    wanted.every((pieces, index) => mayMatch(pieces, segments[index]!) && matchesSegment(pieces, segments[index]!))
  );
}

/** Goes back to the last `*` only, which suffices: no pattern takes more than pattern times segment. */
function matchesSegment(pieces: string, segment: string): boolean {
  let at = 0;
  let star = -1;
  let resumed = 0;
  for (let index = 0; index < segment.length;) {
    if (pieces[at] === "*") {
      star = at++;
      resumed = index;
    } else if (pieces[at] === "?" || pieces[at] === segment[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resumed;
    } else return false;
  }
  while (pieces[at] === "*") at++;
  return at === pieces.length;
}
