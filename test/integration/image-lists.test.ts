import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { ImageQuery } from "../../domain/image/image-query.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import type { Session, Statement } from "../../infrastructure/persistence/connection/session.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { chosenIndex } from "../../infrastructure/persistence/records/list-filters.js";
import { selectPage } from "../../infrastructure/persistence/records/list-statements.js";
import { storeQuery } from "../../domain/distinction/list-query.js";
import { completeSort } from "../../domain/image/image-query.js";
import { imageType } from "../../domain/image/image-type.js";
import { openTestDatabase } from "../support/open-store.js";
import { closeAll, imagesIn, onServer } from "./backends.js";
import { GENERATED, generateImages, SERVED_PAGES } from "./generated-images.js";
import { pageSent } from "./sent-page.js";

/** Rows of an index that a page of 25 may cost, joins and what filters skip included. */
const MOST_READ = 600;

/** Images that are importing, at the end of all orders: who walks in one of these hopes in vain. */
const RARE = 1_000;

describe(`pages of ${GENERATED} images`, () => {
  onServer((place) => {
    let database: Database;
    let images: DistinctImageRepository;
    const sent: StatementEvent[] = [];
    beforeAll(async () => {
      database = openTestDatabase(place().url, { poolSize: 1, onStatement: (event) => void sent.push(event) });
      images = imagesIn(database);
      await generateImages(database, [
        `UPDATE images SET status = 'importing', name = CONCAT('zzz ', id), updated_at = '2026-01-01' WHERE id BETWEEN 'id-00010001' AND 'id-${String(10_000 + RARE).padStart(8, "0")}'`,
      ]);
    }, 600_000);
    afterAll(() => closeAll([database]));

    /** Neither a full scan nor a sort in the plan of what is sent, and no more rows read than a page has to cost. */
    async function expectServed(query: ImageQuery): Promise<void> {
      const statement = await pageSent(sent, () => images.list(query));
      await database.session(async (session) => {
        const plan = await session
          .rows({ ...statement, sql: `EXPLAIN FORMAT=TRADITIONAL ${statement.sql}` })
          .catch(() => session.rows({ ...statement, sql: `EXPLAIN ${statement.sql}` }));
        const text = plan.map((row) => row.map(String).join(" | ")).join("\n");
        expect(text, text).not.toMatch(/\| ALL \||Using filesort|Using temporary/);
        const read = await handlerReads(session, () => session.rows(statement));
        expect(read, `${text}\n${read} rows read`).toBeLessThan(MOST_READ);
      });
    }

    test.each(SERVED_PAGES)("%s: read from an index as it stands, first and further pages", async (_, query) => {
      await expectServed({ ...query, limit: 25 });
      const page = await images.list({ ...query, limit: 25 });
      expect(page.records.length).toBeGreaterThan(0);
      const middle = await middleOf(database, images, query);
      await expectServed({ ...query, limit: 25, after: middle });
    });

    test.each<[string, ImageQuery]>([
      ["few, in another order", { where: { status: { eq: "importing" } }, sort: [{ by: "name" }] }],
      [
        "few, the latest changed",
        { where: { status: { eq: "importing" } }, sort: [{ by: "updatedAt", order: "desc" }] },
      ],
      ["few, in an order without an index", { where: { status: { eq: "importing" } }, sort: [{ by: "minRam" }] }],
      ["none", { where: { status: { eq: "pending_delete" } }, sort: [{ by: "name" }] }],
      [
        "many, of whom few",
        { where: { visibility: { eq: "public" }, status: { eq: "importing" } }, sort: [{ by: "name" }] },
      ],
    ])("of a filter that %s meet: no more rows than a few are read, first and further pages", async (met, query) => {
      const page = await images.list({ ...query, limit: 3 });
      if (met === "none") expect(page.records).toEqual([]);
      else expect(page.records).toHaveLength(3);
      const most = 6 * RARE + (met.startsWith("many") ? 2_100 : 0);
      expect(await rowsRead(database, query)).toBeLessThan(most);
      if (page.next === undefined) return;
      expect(await rowsRead(database, { ...query, after: page.next })).toBeLessThan(most);
      const [whole, rest] = [
        await images.list({ ...query, limit: 1_000 }),
        await images.list({ ...query, after: page.next, limit: 1_000 }),
      ];
      expect([...page.records, ...rest.records].map(({ id }) => id)).toEqual(whole.records.map(({ id }) => id));
    });

    test("of a filter that many meet, in another order: a walk in that order", async () => {
      const query: ImageQuery = { where: { status: { eq: "active" } }, sort: [{ by: "name" }] };
      expect(await rowsRead(database, query)).toBeLessThan(MOST_READ + 2_100);
      const { next } = await images.list({ ...query, limit: 1_000 });
      expect(await rowsRead(database, { ...query, after: next })).toBeLessThan(MOST_READ + 2_100);
    });

    test("an order without an index is seen by this test", async () => {
      await expect(expectServed({ sort: [{ by: "checksum" }], limit: 25 })).rejects.toThrow();
    });
  });
});

/** What a page costs, the look at the filter's index included. */
async function rowsRead(database: Database, query: ImageQuery): Promise<number> {
  const layout = await database.layout(imageTable);
  const asked = storeQuery(imageType, { limit: 25, ...query, sort: completeSort(query.sort) });
  return database.session(async (session) => {
    return handlerReads(session, async () => {
      const chosen = await chosenIndex(session, layout, asked);
      await session.rows(selectPage(layout, asked, { chosen }));
    });
  });
}

async function handlerReads(session: Session, work: () => Promise<unknown>): Promise<number> {
  await session.run({ sql: "FLUSH STATUS", parameters: [], varying: true });
  await work();
  const sql = "SHOW SESSION STATUS LIKE 'Handler_read%'";
  const counters = await session.rows({ sql, parameters: [], varying: true });
  return counters.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function pageOf(database: Database, query: ImageQuery): Promise<Statement> {
  const layout = await database.layout(imageTable);
  return selectPage(layout, storeQuery(imageType, { ...query, sort: completeSort(query.sort) }));
}

/** The id of an image from the middle of a list, found the slow way. */
async function middleOf(database: Database, images: DistinctImageRepository, query: ImageQuery): Promise<string> {
  const { sql, parameters } = await pageOf(database, query);
  const offset = sql.replace(/LIMIT \d+$/, `LIMIT 1 OFFSET ${isOfOwner(query) ? 3 : GENERATED / 20}`);
  const rows = await database.session((session) => session.rows({ sql: offset, parameters, varying: true }));
  const page = rows[0] === undefined ? (await images.list({ ...query, limit: 1 })).records[0]?.id : String(rows[0][1]);
  return page!;
}

/** One of 500: its lists are short. */
function isOfOwner({ where = {} }: ImageQuery): boolean {
  return "owner" in where;
}
