import type { ConditionsOf, ListPage, ListQuery } from "../distinction/list-query.js";
import type { Image, imageType } from "./image-type.js";

/**
 * Which images to list. Filters and orders on createdAt, updatedAt, name, status, visibility, owner, size, diskFormat and
 * containerFormat have an index: a page costs the same however many images there are.
 *
 * A caller's list has an index for the orders createdAt and name. In other orders all its images of a kind are sorted for
 * each page: good for those of one owner, slow where very many are public. A filter beside that few images meet is looked
 * for in the order of the list until a page is full.
 */
export type ImageQuery = ListQuery<typeof imageType>;

export type ImageConditions = ConditionsOf<typeof imageType>;

export type ImagePage = ListPage<Image, string>;

type Sort = NonNullable<ImageQuery["sort"]>;

/** Images equal in all of these come by the time of their creation, then by id; the newest first where nothing is said. */
export function completeSort(given: Sort = []): Sort {
  const order = given.length === 0 || given.at(-1)!.order === "desc" ? "desc" : "asc";
  const rest = (["createdAt", "id"] as const).filter((name) => !given.some(({ by }) => by === name));
  // In one direction, so that an index serves it forwards or backwards.
  return given.some(({ by }) => by === "id") ? given : [...given, ...rest.map((by) => ({ by, order }) as const)];
}
