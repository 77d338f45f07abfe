/**
 * What an overlap on one attribute does: refuse it (`reject`, the default), let the last writer win (`mine`), keep what
 * is stored (`theirs`), or combine both. `sum` adds my increment to theirs, `max` keeps the greater value, `union`
 * joins JSON arrays as sets.
 */
export type PolicyName = "reject" | "mine" | "theirs" | "sum" | "union" | "max";

/** The three sides of an overlap, as callers see the values; `undefined` where the value is absent. */
export interface ThreeWay<T = unknown> {
  readonly original: T | undefined;
  readonly mine: T | undefined;
  readonly theirs: T | undefined;
}

/** Combines an overlap, or refuses it by returning `REFUSE`. Must be pure: it may run several times. */
export type PolicyFunction<T = unknown> = (sides: ThreeWay<T>) => T | typeof REFUSE;

export type Policy<T = unknown> = PolicyName | PolicyFunction<T>;

export const REFUSE = Symbol("refuse the overlap");

/** The merged value of an overlap under `policy`, or `REFUSE`. */
export function resolve(policy: Policy, sides: ThreeWay): unknown {
  if (typeof policy === "function") return policy(sides);
  switch (policy) {
    case "reject":
      return REFUSE;
    case "mine":
      return sides.mine;
    case "theirs":
      return sides.theirs;
    case "sum":
      return sum(sides);
    case "max":
      return greater(sides);
    case "union":
      return union(sides);
  }
}

function sum({ original, mine, theirs }: ThreeWay): unknown {
  if (typeof mine === "number" && typeof theirs === "number") return theirs + mine - ((original as number | null) ?? 0);
  if (typeof mine === "bigint" && typeof theirs === "bigint")
    return theirs + mine - ((original as bigint | null) ?? 0n);
  return REFUSE;
}

function greater({ mine, theirs }: ThreeWay): unknown {
  if (mine === null || mine === undefined) return theirs;
  if (theirs === null || theirs === undefined) return mine;
  return mine >= theirs ? mine : theirs;
}

/** Additions and removals of both sides, on arrays taken as sets of JSON values. */
function union({ original, mine, theirs }: ThreeWay): unknown {
  if (!Array.isArray(mine) || !Array.isArray(theirs)) return REFUSE;
  const before = textsOf(original);
  const kept = textsOf(mine);
  const removed = new Set([...before].filter((text) => !kept.has(text)));
  const stored = textsOf(theirs);
  const survivors = theirs.filter((member) => !removed.has(JSON.stringify(member)));
  const added = mine.filter((member) => !before.has(JSON.stringify(member)) && !stored.has(JSON.stringify(member)));
  return [...(survivors as unknown[]), ...(added as unknown[])];
}

function textsOf(value: unknown): Set<string> {
  return new Set(Array.isArray(value) ? value.map((member) => JSON.stringify(member)) : []);
}
