import { insertImages, Rows } from "./arms/images/rows.js";
import type { Bench } from "./bench.js";
import { imageOfCounters, imageTable, type Shape } from "./model/image.js";

/** So many in one statement: a repository adds one in a transaction of its own, which for thousands takes minutes. */
const AT_ONCE = 500;

/**
 * Makes the tables anew, holding images that differ in their ids, with a counter at 0 for each property.
 *
 * @returns their ids
 */
export async function fillImages(
  { url, tables }: Pick<Bench, "url" | "tables">,
  count: number,
  shape: Shape,
): Promise<string[]> {
  await tables.fill(imageTable, []);
  const images = Array.from({ length: count }, (_, index) => imageOfCounters(index, shape));
  const rows = new Rows({ url, poolSize: 1 }, undefined);
  try {
    for (let from = 0; from < count; from += AT_ONCE) {
      await rows.transaction((run) => insertImages(run, images.slice(from, from + AT_ONCE)));
    }
  } finally {
    await rows.close();
  }
  return images.map(({ id }) => id);
}
