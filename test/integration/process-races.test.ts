import { beforeAll, describe, expect, test } from "vitest";
import { releaseTogether, startChild } from "../support/child.js";
import { imagesIn, newImage, onSqlBackends } from "./backends.js";
import { COUNTERS } from "./counters.js";
import { openTestDatabase } from "../support/open-store.js";
import type { WorkDone, WorkOrder, WritePath } from "./worker.child.js";

describe("four processes that each raise counters of their own in the same images", () => {
  onSqlBackends((place) => {
    let results: Record<WritePath, Contest>;
    beforeAll(async () => {
      results = await contended(place().url);
    });

    test("lose no update, and every effective save is one version", () => {
      const { done, images } = results.changes;
      expect(done.map(({ acknowledged }) => acknowledged)).toEqual([75, 75, 75, 75]);
      for (const { counters, version } of images) {
        expect(counters).toEqual([25, 25, 25, 25]);
        expect(version).toBe(1 + 4 * 25);
      }
      // They did meet: all but one of them found the first version of each image gone.
      expect(sum(done.map(({ retries }) => retries))).toBeGreaterThanOrEqual(3 * 3);
    });

    test("lose some with full writes", () => {
      const { done, images } = results.full;
      expect(done.map(({ acknowledged }) => acknowledged)).toEqual([75, 75, 75, 75]);
      for (const { counters, version } of images) {
        expect(sum(counters)).toBeLessThan(4 * 25);
        expect(version).toBe(1 + 4 * 25); // each of them had its say
      }
    });
  });
});

const WORKER = new URL("worker.child.ts", import.meta.url);

/** What came of the work of several processes on the same images. */
interface Contest {
  readonly done: readonly WorkDone[];
  readonly images: readonly { readonly counters: readonly number[]; readonly version: number }[];
}

async function contended(url: string): Promise<Record<WritePath, Contest>> {
  const database = openTestDatabase(url);
  const repository = imagesIn(database);
  const threeImages = async (): Promise<string[]> => {
    const images = [newImage(), newImage(), newImage()];
    for (const image of images) await repository.add(image);
    return images.map(({ id }) => id);
  };
  try {
    const images = { changes: await threeImages(), full: await threeImages() };
    const workers = COUNTERS.map((_, writer) =>
      startChild(WORKER, { url, writer, images, rounds: 25 } satisfies WorkOrder),
    );
    await releaseTogether(workers); // to write changes
    await releaseTogether(workers); // to write all
    const done = (await Promise.all(workers.map(({ output }) => output))) as Record<WritePath, WorkDone>[];
    const contest = async (path: WritePath): Promise<Contest> => {
      const stored = await Promise.all(images[path].map((id) => repository.get(id)));
      return {
        done: done.map((one) => one[path]),
        images: stored.map((image) => ({
          counters: COUNTERS.map(({ read }) => read(image)),
          version: repository.versionOf(image),
        })),
      };
    };
    return { changes: await contest("changes"), full: await contest("full") };
  } finally {
    await database.close();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
