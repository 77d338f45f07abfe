import { meets } from "../distinction/record/list-order.js";
import type { Condition } from "../distinction/merge/condition.js";
import type { StoreQuery } from "../distinction/list-query.js";
import type { RecordKind } from "../distinction/record/list-view.js";
import type { Caller } from "./caller.js";
import { imageType, type Image } from "./image-type.js";

/** The name by which images are linked to their members. */
export const MEMBERS_LINK = "members";

/**
 * A caller's list: its own images, public ones, and those whose sharing it accepted; community images where the query asks
 * for a visibility, hidden ones where it asks for `osHidden`. Kinds that the query rules out are not looked for.
 */
export function asListedFor({ owner, isAdmin }: Caller, query: StoreQuery): StoreQuery {
  const isAskedFor = (name: string): boolean => query.conditions.some(({ attribute }) => attribute === name);
  const conditions = isAskedFor("osHidden") ? query.conditions : [...query.conditions, equal("osHidden", false)];
  if (isAdmin) return { ...query, conditions };
  const asked = new Set(VISIBILITIES.filter((visibility) => allows(query.conditions, visibility)));
  const kinds: RecordKind[] = [];
  if (asked.has("public")) kinds.push({ conditions: [equal("visibility", "public")] });
  if (asked.has("community") && isAskedFor("visibility"))
    kinds.push({ conditions: [equal("visibility", "community")] });
  const markers: RecordKind[] = [
    { conditions: [{ attribute: "visibility", operator: "in", values: ["public", "community"] }] },
    { conditions: [equal("owner", null)] },
  ];
  if (owner !== null) {
    const own: RecordKind = { conditions: [equal("owner", owner)] };
    const shared = { conditions: [equal("visibility", "shared")] };
    // Its own public and community images are among those of everybody.
    const isMore = !isAskedFor("visibility") || asked.has("private") || asked.has("shared");
    if (isMore) kinds.push(own);
    if (asked.has("shared"))
      kinds.push({ ...shared, linked: { name: MEMBERS_LINK, equal: { memberId: owner, status: "accepted" } } });
    markers.push(own, { ...shared, linked: { name: MEMBERS_LINK, equal: { memberId: owner } } });
  }
  return { ...query, conditions, view: { kinds, markers } };
}

const VISIBILITIES = ["private", "public", "shared", "community"] as const satisfies readonly Image["visibility"][];

function allows(conditions: readonly Condition[], visibility: Image["visibility"]): boolean {
  const state = { version: 0, attributes: { visibility }, collections: {} };
  const asked = conditions.filter(({ attribute }) => attribute === "visibility");
  return meets(imageType, state, asked);
}

function equal<N extends keyof typeof imageType.attributes>(attribute: N, value: Image[N]): Condition {
  return { attribute, operator: "eq", values: [value] };
}
