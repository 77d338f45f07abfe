/** The order of a list's keys as a value: how it differs, and how two that differ are brought together. */

/** The keys that `before` becomes by dropping what `after` lacks and appending what it has besides. */
function following(before: Iterable<string>, after: readonly string[]): string[] {
  const kept = new Set(after);
  const known = new Set(before);
  return [...[...known].filter((key) => kept.has(key)), ...after.filter((key) => !known.has(key))];
}

/** Whether `after` is more than `before` with some keys dropped and others appended. */
export function isReordered(before: Iterable<string>, after: readonly string[]): boolean {
  return !isSameOrder(following(before, after), after);
}

export function isSameOrder(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((key, index) => key === right[index]);
}

/** Both sides of a merge and what they started from. */
export interface OrderSides {
  readonly original: readonly string[];
  readonly mine: readonly string[];
  readonly theirs: readonly string[];
}

/** Which sides moved keys that all three have: neither, one, both to the same effect, or both to different ones. */
export function movedBy({ original, mine, theirs }: OrderSides): "nobody" | "me" | "them" | "both" | "clash" {
  const common = intersection(original, mine, theirs);
  const [before, left, right] = [original, mine, theirs].map((keys) => keys.filter((key) => common.has(key)));
  const iMoved = !isSameOrder(left!, before!);
  const theyMoved = !isSameOrder(right!, before!);
  if (iMoved && theyMoved) return isSameOrder(left!, right!) ? "both" : "clash";
  return iMoved ? "me" : theyMoved ? "them" : "nobody";
}

/**
 * The keys of both sides. Those that both have are in the order of the `leading` side. What one side put before such a
 * key stays behind the key that it followed; what stands behind all of them stays at the end, theirs first.
 */
export function mergedOrder({ mine, theirs }: Omit<OrderSides, "original">, leading: "mine" | "theirs"): string[] {
  const common = intersection(mine, theirs);
  const [first, second] = leading === "mine" ? [mine, theirs] : [theirs, mine];
  const ends = { mine: mine.slice(bodyLength(mine, common)), theirs: theirs.slice(bodyLength(theirs, common)) };
  const followers = followersIn(second.slice(0, bodyLength(second, common)), common);
  const merged = [...(followers.get(undefined) ?? [])];
  for (const key of first.slice(0, bodyLength(first, common))) merged.push(key, ...(followers.get(key) ?? []));
  return [...merged, ...ends.theirs, ...ends.mine];
}

/** The keys of `body` that are not common, by the common key that they follow; `undefined` where they follow none. */
function followersIn(body: readonly string[], common: ReadonlySet<string>): Map<string | undefined, string[]> {
  const followers = new Map<string | undefined, string[]>();
  let followed: string | undefined;
  for (const key of body) {
    if (common.has(key)) followed = key;
    else followers.set(followed, [...(followers.get(followed) ?? []), key]);
  }
  return followers;
}

/** How far the last common key reaches. */
function bodyLength(keys: readonly string[], common: ReadonlySet<string>): number {
  return keys.findLastIndex((key) => common.has(key)) + 1;
}

function intersection(first: readonly string[], ...others: readonly (readonly string[])[]): ReadonlySet<string> {
  const sets = others.map((keys) => new Set(keys));
  return new Set(first.filter((key) => sets.every((set) => set.has(key))));
}

/** Puts the entries of `map` in the order of `keys`, in place; keys that it lacks do not count, others come last. */
export function arrange<V>(map: Map<string, V>, keys: Iterable<string>): void {
  const before = new Map(map);
  map.clear();
  for (const key of [...keys, ...before.keys()]) if (before.has(key)) map.set(key, before.get(key)!);
}
