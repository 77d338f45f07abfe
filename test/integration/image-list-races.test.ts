import { describe, expect, test } from "vitest";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { ImageQuery } from "../../domain/image/image-query.js";
import type { Image } from "../../domain/image/image-type.js";
import { code } from "../support/repository-outcomes.js";
import { newImage, onEveryBackend, type Clients } from "./backends.js";

/** Orders by what nobody changes in these races. */
const ORDERS: readonly (readonly [string, ImageQuery])[] = [
  ["by name", { sort: [{ by: "name" }] }],
  ["by name, descending", { sort: [{ by: "name", order: "desc" }] }],
  ["by disk format and name", { sort: [{ by: "diskFormat" }, { by: "name" }] }],
  ["as they were made, the newest first", {}],
  ["as they were made", { sort: [{ by: "createdAt" }] }],
  ["by id", { sort: [{ by: "id", order: "desc" }] }],
];

const NAMES = [null, "b", null, "a", "c", "b", null, "d"];

describe("the races of image-style records: lists", () => {
  onEveryBackend((clients) => {
    /** Images of an owner of their own: some that stay, and some that go while they are listed. */
    async function some(): Promise<{ query: ImageQuery; staying: readonly Image[]; leaving: readonly Image[] }> {
      const owner = `owner ${Math.random()}`;
      const made = (name: string | null, index: number): Image => {
        const image = newImage({ owner, name, diskFormat: index % 2 ? "raw" : null });
        image.createdAt = new Date(Date.UTC(2026, 0, 1, 0, 0, index));
        return image;
      };
      const all = [...NAMES, ...NAMES].map(made);
      await clients().a.addAll(all);
      return { query: { where: { owner: { eq: owner } } }, staying: all.slice(0, 8), leaving: all.slice(8) };
    }

    test.each(ORDERS)("race 21: %s, between pages: none twice, and all that stay, in their order", async (_, order) => {
      const { a } = clients();
      const { query, staying, leaving } = await some();
      const before = await idsOf(a, { ...query, ...order, limit: 1_000 });
      let turn = 0;
      const seen = await walked(a, { ...query, ...order, limit: 2 }, async (page) => {
        const others = leaving.filter(({ id }) => !page.includes(id)); // a marker that is gone has a test of its own
        await changed(clients(), turn++, staying, others);
      });
      expectAsBefore(seen, before, staying);
    });

    test.each(ORDERS)("race 21: %s, at any time: none twice, and all that stay, in their order", async (_, order) => {
      const { a } = clients();
      const { query, staying, leaving } = await some();
      const before = await idsOf(a, { ...query, ...order, limit: 1_000 });
      let isDone = false;
      const writer = async (): Promise<void> => {
        for (let turn = 0; !isDone && turn < 200; turn++) await changed(clients(), turn, staying, leaving.slice(0, 4));
      };
      const reader = async (): Promise<void> => {
        for (let whole = 0; whole < 2;) {
          const seen = await walked(a, { ...query, ...order, limit: 3 }, () => Promise.resolve());
          if (seen === undefined) continue; // the marker went, and whoever walks is told
          expectAsBefore(seen, before, staying);
          whole++;
        }
        isDone = true;
      };
      await Promise.all([writer(), reader()]);
    });

    test("race 21: a marker that was deleted is told, and not taken for the end", async () => {
      const { a } = clients();
      const { query } = await some();
      const page = await a.list({ ...query, limit: 1 });
      await a.remove(page.records[0]!);
      await expect(a.list({ ...query, after: page.next })).rejects.toMatchObject(code("MARKER_NOT_FOUND"));
    });

    test("race 21: NULLs keep their place: first ascending, last descending", async () => {
      const { a } = clients();
      const { query } = await some();
      const names = async (order: "asc" | "desc"): Promise<unknown> => {
        const seen: (string | null)[] = [];
        for (let after: string | undefined; ;) {
          const page = await a.list({ ...query, sort: [{ by: "name", order }], limit: 3, after });
          seen.push(...page.records.map(({ name }) => name));
          if ((after = page.next) === undefined) return seen;
        }
      };
      const sorted = [null, null, null, null, null, null, "a", "a", "b", "b", "b", "b", "c", "c", "d", "d"];
      expect(await names("asc")).toEqual(sorted);
      expect(await names("desc")).toEqual(sorted.reverse());
    });
  });
});

async function idsOf(images: DistinctImageRepository, query: ImageQuery): Promise<string[]> {
  return (await images.list(query)).records.map(({ id }) => id);
}

/** The ids of all pages; `undefined` where the one after which to go on was removed. */
async function walked(
  images: DistinctImageRepository,
  query: ImageQuery,
  between: (page: readonly string[]) => Promise<void>,
): Promise<string[] | undefined> {
  const seen: string[] = [];
  for (let after: string | undefined; ;) {
    try {
      const { records, next } = await images.list({ ...query, after });
      const page = records.map(({ id }) => id);
      seen.push(...page);
      if ((after = next) === undefined) return seen;
      await between(page);
    } catch (error) {
      if ((error as { code?: string }).code !== "MARKER_NOT_FOUND") throw error;
      return undefined;
    }
  }
}

/** What another client does: changes what stays, removes something, adds something. */
async function changed({ b }: Clients, turn: number, staying: readonly Image[], leaving: readonly Image[]) {
  const one = staying[turn % staying.length]!;
  await b.update(one.id, (image) => void ((image.minRam += 1), image.tags.add(`t${turn % 5}`)));
  const gone = leaving[turn % leaving.length];
  const found = gone && (await b.find(gone.id));
  if (found !== undefined) await b.remove(found);
  await b.add(newImage({ owner: one.owner, name: ["0 first", null, "z last"][turn % 3]! }));
}

function expectAsBefore(seen: readonly string[] | undefined, before: readonly string[], staying: readonly Image[]) {
  expect(new Set(seen).size).toBe(seen!.length);
  const stay = new Set(staying.map(({ id }) => id));
  expect(seen!.filter((id) => stay.has(id))).toEqual(before.filter((id) => stay.has(id)));
}
