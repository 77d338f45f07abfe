const layouts = new WeakMap<object, object>();

/**
 * An object from `make` that stays compact when it gets these properties, in their order, by computed names.
 *
 * V8 turns an object that grows so beyond some sixteen properties into a hash table, three times as large, unless it knows
 * the way there: from another object that got them by definitions. Such a one is kept for each owner. It has had values of
 * several kinds, so that no kind is taken for the only one.
 *
 * @param owner whose objects these are: it decides the names, which are asked for once
 * @param make the same for all objects of the owner
 */
export function compactObject(
  owner: object,
  names: () => Iterable<string>,
  make: () => object = Object,
): Record<string, unknown> {
  if (!layouts.has(owner)) layouts.set(owner, layoutOf(make(), [...names()]));
  return make() as Record<string, unknown>;
}

/** By definitions alone: setters of the caller's, which may refuse such values, hear of none of it. */
function layoutOf(object: object, names: readonly string[]): object {
  for (const value of [0, 0.5, "", null]) {
    for (const name of names) {
      Reflect.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
    }
  }
  return object;
}
