import { meets } from "../distinction/list-order.js";
import type { Condition } from "../distinction/condition.js";
import type { StoreQuery } from "../distinction/list-query.js";
import type { RecordKind } from "../distinction/list-view.js";
import type { Caller } from "./caller.js";
import { imageType, type Image } from "./image-type.js";

/** The name by which images are linked to their members. */
export const MEMBERS_LINK = "members";

/**
 * A caller's list: its own images, public ones, and those whose sharing it accepted; community images where the query asks
 * for a visibility, hidden ones where it asks for `osHidden`.
 */
export function asListedFor({ owner, isAdmin }: Caller, query: StoreQuery): StoreQuery {
  const { conditions } = query;
  const isAskedFor = (name: "visibility" | "osHidden"): boolean =>
    conditions.some(({ attribute }) => attribute === name);
  const listed = isAskedFor("osHidden") ? conditions : [...conditions, equal("osHidden", false)];
  if (isAdmin) return { ...query, conditions: listed };
  const kinds: RecordKind[] = [{ conditions: [equal("visibility", "public")] }];
  if (isAskedFor("visibility")) kinds.push({ conditions: [equal("visibility", "community")] });
  const markers: RecordKind[] = [
    { conditions: [{ attribute: "visibility", operator: "in", values: ["public", "community"] }] },
    { conditions: [equal("owner", null)] },
  ];
  if (owner !== null) {
    const own: RecordKind = { conditions: [equal("owner", owner)] };
    const shared = [equal("visibility", "shared")];
    kinds.push(own, {
      conditions: shared,
      linked: { name: MEMBERS_LINK, equal: { memberId: owner, status: "accepted" } },
    });
    markers.push(own, { conditions: shared, linked: { name: MEMBERS_LINK, equal: { memberId: owner } } });
  }
  return { ...query, conditions: listed, view: { kinds: kinds.filter((kind) => fits(kind, conditions)), markers } };
}

/** Whether the query does not rule out the one visibility of a kind: nobody has to look for what cannot be. */
function fits({ conditions }: RecordKind, asked: readonly Condition[]): boolean {
  const one = conditions.find(({ attribute }) => attribute === "visibility");
  if (one === undefined) return true;
  const state = { version: 0, attributes: { visibility: one.values[0] }, collections: {} };
  return meets(
    imageType,
    state,
    asked.filter(({ attribute }) => attribute === "visibility"),
  );
}

function equal<N extends keyof typeof imageType.attributes>(attribute: N, value: Image[N]): Condition {
  return { attribute, operator: "eq", values: [value] };
}
