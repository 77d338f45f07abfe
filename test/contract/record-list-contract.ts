import { beforeAll, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { ListQuery } from "../../domain/distinction/list-query.js";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { articleType } from "../support/article.js";

type Query = ListQuery<typeof articleType>;

/** What every store promises of lists. `open` gives a store without records. */
export function recordListContract(name: string, open: () => Promise<RecordStore>): void {
  describe(`lists: ${name}`, () => {
    let articles: DistinctRepository<typeof articleType>;
    beforeAll(async () => {
      const environment = { clock: systemClock, random: Math.random, firstVersion: () => 1 };
      articles = new DistinctRepository(articleType, await open(), environment);
      const titles = ["b", "a", "B", "", "é", "\uffee", "😀", "a ", "ab", "b"];
      const prices = [null, "-0.50", "9.00", "10.00", "-12.25", "0.00", "100.10", null, "9.01", "9.00"];
      await articles.addAll(
        titles.map((title, index) =>
          articles.create({
            id: `id-${index}`,
            title,
            price: prices[index]!,
            views: index % 3,
            bytes: index === 3 ? null : 2n ** 53n + BigInt(index),
            published: index % 2 === 0,
            publishedAt: index < 4 ? null : new Date(Date.UTC(2026, 0, index, 0, 0, 0, 5)),
            digest: Uint8Array.from([index]),
            state: index < 5 ? "draft" : "live",
            labels: [
              ["k", String(index)],
              ["other", ""],
            ],
          }),
        ),
      );
    });

    const found = async (query: Query): Promise<string> =>
      (await articles.list({ limit: 1_000, ...query })).records.map(({ id }) => id.slice(3)).join("");

    test.each<[NonNullable<Query["where"]>, string]>([
      [{}, "0123456789"],
      [{ title: { eq: "b" } }, "09"],
      [{ title: { eq: "a " } }, "7"],
      [{ title: { neq: "b" } }, "12345678"],
      [{ title: { gt: "b" } }, "456"],
      [{ title: { gte: "a", lt: "b" } }, "178"],
      [{ title: { in: ["😀", "B", "nothing"] } }, "26"],
      [{ title: { in: [] } }, ""],
      [{ views: { gte: 1, lt: 2 } }, "147"],
      [{ views: { lte: 0 }, published: { eq: true } }, "06"],
      [{ bytes: { eq: 2n ** 53n + 1n } }, "1"],
      [{ bytes: { gt: 2n ** 53n + 7n } }, "89"],
      [{ bytes: { eq: null } }, "3"],
      [{ bytes: { neq: null, lte: 2n ** 53n + 1n } }, "01"],
      [{ bytes: { neq: 2n ** 53n } }, "123456789"],
      [{ bytes: { in: [null, 2n ** 53n + 5n] } }, "35"],
      [{ price: { eq: "9" } }, "29"],
      [{ price: { gt: "9.00" } }, "368"],
      [{ price: { lt: "0" } }, "14"],
      [{ price: { gte: "-0.5", lte: "9.01" } }, "12589"],
      [{ publishedAt: { gte: new Date(Date.UTC(2026, 0, 7, 0, 0, 0, 5)) } }, "789"],
      [{ publishedAt: { eq: null }, state: { in: ["draft"] } }, "0123"],
      [{ digest: { eq: Uint8Array.from([6]) } }, "6"],
      [{ state: { gt: "draft" }, id: { lt: "id-7" } }, "56"],
    ])("where %o", async (where, ids) => {
      expect(await found({ where })).toBe(ids);
    });

    test.each<[NonNullable<Query["sort"]>, string]>([
      [[], "0123456789"],
      [[{ by: "id", order: "desc" }], "9876543210"],
      [[{ by: "title" }], "3217809456"],
      [
        [
          { by: "title", order: "desc" },
          { by: "id", order: "desc" },
        ],
        "6549087123",
      ],
      [[{ by: "price" }], "0741529836"],
      [[{ by: "price", order: "desc" }], "6382951407"],
      [[{ by: "views", order: "desc" }, { by: "bytes" }], "2581473069"],
      [[{ by: "bytes", order: "desc" }], "9876542103"],
      [[{ by: "publishedAt" }, { by: "published" }, { by: "id", order: "desc" }], "3120456789"],
      [[{ by: "state", order: "desc" }, { by: "views" }], "6975803142"],
    ])("sorted by %o", async (sort, expected) => {
      const whole = await found({ sort });
      expect(whole).toBe(expected);
      for (const limit of [1, 3, 10]) {
        const pages: string[] = [];
        let after: string | undefined;
        do {
          const page = await articles.list({ sort, limit, after });
          pages.push(page.records.map(({ id }) => id.slice(3)).join(""));
          expect(page.records.every(({ id, labels }) => labels.get("k") === id.slice(3) && labels.size === 2)).toBe(
            true,
          );
          after = page.next;
        } while (after !== undefined);
        expect(pages.join("")).toBe(whole);
        expect(pages).toHaveLength(Math.ceil(10 / limit));
      }
    });

    test("a page goes on behind the marker's place, though it is not among those listed", async () => {
      expect(await found({ where: { state: { eq: "live" } }, sort: [{ by: "title" }], after: "id-2" })).toBe("78956");
      expect(await found({ after: "id-9" })).toBe("");
    });

    test("a marker that is not there is an error", async () => {
      await expect(articles.list({ after: "nobody" })).rejects.toMatchObject({ code: "MARKER_NOT_FOUND" });
      const gone = articles.create({ id: "id-x" });
      await articles.add(gone);
      await articles.remove(gone);
      await expect(articles.list({ after: "id-x", sort: [{ by: "title" }] })).rejects.toMatchObject({
        code: "MARKER_NOT_FOUND",
      });
    });

    test("lists 25 unless told otherwise, loads the entries asked for, and gives objects that can be saved", async () => {
      const { records, next } = await articles.list({ limit: 2, scope: { labels: ["k"] } });
      expect([records.length, next]).toEqual([2, "id-1"]);
      expect(records[1]!.labels.get("k")).toBe("1");
      expect(() => records[1]!.labels.size).toThrow();
      expect((await articles.list()).records).toHaveLength(10);
      const { records: whole } = await articles.list({ where: { id: { eq: "id-5" } } });
      whole[0]!.body = "saved";
      await articles.save(whole[0]!);
      expect((await articles.get("id-5")).body).toBe("saved");
    });

    test.each<[string, object]>([
      ["title.eq", { where: { title: { eq: 0 } } }],
      ["views.gt", { where: { views: { gt: "1" } } }],
      ["views.in", { where: { views: { in: 1 } } }],
      ["bytes.lt", { where: { bytes: { lt: null } } }],
      ["metadata.eq", { where: { metadata: { eq: {} } } }],
      ["digest.gt", { where: { digest: { gt: new Uint8Array() } } }],
      ["title.like", { where: { title: { like: "%" } } }],
      ["nothing", { where: { nothing: { eq: 1 } } }],
      ["title", { where: { title: "x" } }],
      ["limit", { limit: 1_001 }],
      ["limit", { limit: 0 }],
      ["limit", { limit: "1; DROP TABLE articles" }],
      ["body", { sort: [{ by: "body" }] }],
      ["title", { sort: [{ by: "title" }, { by: "title" }] }],
      ["sort", { sort: [{ by: "title", order: "DESC; --" }] }],
      ["toString", { sort: [{ by: "toString" }] }],
    ])("refuses %s of %o", async (path, query) => {
      await expect(articles.list(query as Query)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path }] });
    });
  });
}
