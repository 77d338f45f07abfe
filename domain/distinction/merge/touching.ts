import type { Change } from "../diff/change.js";

/** Whether a change is where one of `changes` is: at the same place, within it, or around it. */
export function touching(changes: readonly Change[]): (change: Change) => boolean {
  const places = new Set<string>();
  const around = new Set<string>();
  for (const change of changes) {
    const [place, ...parents] = placesOf(change);
    places.add(place);
    for (const parent of parents) around.add(parent);
  }
  return (change) => {
    const [place, ...parents] = placesOf(change);
    return around.has(place) || [place, ...parents].some((one) => places.has(one));
  };
}

/** Names where a change happened, then, within JSON, whatever that is in. */
function placesOf(change: Change): readonly [string, ...string[]] {
  switch (change.kind) {
    case "attribute.set":
      return [JSON.stringify([change.attribute])];
    case "json.set": {
      const { attribute, path } = change;
      const parents = path.map((_, depth) => JSON.stringify([attribute, ...path.slice(0, depth)]));
      return [JSON.stringify([attribute, ...path]), ...parents];
    }
    case "entry.put":
    case "entry.drop":
      return [JSON.stringify([change.collection, change.key])];
    case "list.order":
      return [JSON.stringify([change.collection])];
  }
}
