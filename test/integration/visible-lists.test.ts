import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storeQuery } from "../../domain/distinction/list-query.js";
import type { Caller } from "../../domain/image/caller.js";
import { asListedFor } from "../../domain/image/caller-view.js";
import { ImageGateway } from "../../domain/image/image-gateway.js";
import { completeSort, type ImageQuery } from "../../domain/image/image-query.js";
import { imageType } from "../../domain/image/image-type.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import type { Row, Session, Statement } from "../../infrastructure/persistence/connection/session.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlMemberStore } from "../../infrastructure/persistence/images/sql-member-store.js";
import { chosenIndex } from "../../infrastructure/persistence/records/list-filters.js";
import { selectManyLinked } from "../../infrastructure/persistence/records/list-links.js";
import { selectPage } from "../../infrastructure/persistence/records/list-statements.js";
import { openTestDatabase } from "../support/open-store.js";
import { closeAll, environment, imageStore, onServer } from "./backends.js";
import { generateImages, GENERATED } from "./generated-images.js";

/** Rows of indexes that a page of 25 may cost a caller: of each kind as many as a page takes, looked up and put in order. */
const MOST_READ = 900;
/** What a caller may cost with whom 2,000 images are shared: two rows for each, and once more to put them in order. */
const MOST_READ_OF_SHARED = 7 * 2_000;

const [STRANGER, OWNER, ADMIN] = [
  { owner: null, isAdmin: false },
  { owner: "owner 7", isAdmin: false },
  { owner: "admin", isAdmin: true },
] as const satisfies readonly Caller[];
const RICH: Caller = { owner: "rich", isAdmin: false };
/** With whom 2,000 images are shared, some more, and an eighth of all. */
const SOME: Caller = { owner: "some", isAdmin: false };
const MORE: Caller = { owner: "more", isAdmin: false };
const MANY: Caller = { owner: "many", isAdmin: false };

const ORDERS: readonly ImageQuery[] = [
  {},
  { sort: [{ by: "createdAt" }] },
  { sort: [{ by: "name" }] },
  { sort: [{ by: "name", order: "desc" }] },
  { where: { visibility: { in: ["public", "community"] } } },
  { where: { visibility: { eq: "community" } }, sort: [{ by: "name" }] },
  { where: { osHidden: { eq: true } } },
];

const CALLERS: readonly (readonly [string, Caller, number])[] = [
  ["somebody unknown", STRANGER, MOST_READ],
  ["an owner", OWNER, MOST_READ],
  ["an admin, for whom hidden images are one among fifty", ADMIN, MOST_READ + 50 * 26],
  ["an owner of very many", RICH, MOST_READ],
  ["somebody with whom some are shared", SOME, MOST_READ_OF_SHARED],
  ["somebody with whom some more are shared", MORE, MOST_READ_OF_SHARED],
  ["somebody with whom very many are shared", MANY, MOST_READ_OF_SHARED],
];

describe(`pages of callers among ${GENERATED} images`, () => {
  onServer((place) => {
    let database: Database;
    let gateway: ImageGateway;
    let sent: StatementEvent[] = [];
    beforeAll(async () => {
      database = openTestDatabase(place().url, {
        poolSize: 1,
        onStatement: (event) => void (event.kind === "statement" && sent.push(event)),
      });
      const stores = { images: imageStore(database), members: SqlMemberStore.of(database) };
      gateway = new ImageGateway(stores, { ...environment, newId: () => "none" });
      // A quarter of all becomes one owner's, half of all that are public or shared.
      await generateImages(database, [
        "UPDATE images SET owner = 'rich' WHERE CAST(SUBSTRING(id, 4) AS UNSIGNED) % 8 IN (1, 2)",
      ]);
      await shareImages(database);
    }, 900_000);
    afterAll(() => closeAll([database]));

    describe.each(CALLERS)("%s", (_, caller, most) => {
      test.each(ORDERS.map((query) => [JSON.stringify(query), query] as const))(
        "%s: reads few rows, for first and further pages",
        async (_, query) => {
          const images = gateway.visibleTo(caller);
          let after: string | undefined;
          for (const page of [1, 2, 20]) {
            for (let ahead = page === 20 ? 4 : 0; ahead > 0; ahead--) {
              after = (await images.list({ ...query, after, limit: GENERATED > 100_000 ? 1_000 : 100 })).next ?? after;
            }
            const asked = { ...query, ...(after !== undefined && { after }), limit: 25 };
            expect(await rowsRead(database, caller, asked), `page ${page}`).toBeLessThan(most);
            sent = [];
            after = (await images.list(asked)).next ?? after;
            await expectNoScan(database, sent);
          }
        },
      );
    });

    test("an order without an index is seen by this test", async () => {
      expect(await rowsRead(database, STRANGER, { sort: [{ by: "minRam" }] })).toBeGreaterThan(MOST_READ);
    });

    test("a page is one statement, and a few for its parts, however many images are shared with a caller", async () => {
      const counts = [];
      for (const caller of [OWNER, SOME, MANY]) {
        sent = [];
        expect((await gateway.visibleTo(caller).list({ limit: 100 })).records).toHaveLength(100);
        counts.push(sent.length);
      }
      expect(Math.max(...counts)).toBeLessThanOrEqual(6); // shared with many?, the page, three collections, members
    });
  });
});

/** No statement of a page looks for images by reading all of them. */
async function expectNoScan(database: Database, sent: readonly StatementEvent[]): Promise<void> {
  for (const { sql, parameters } of sent.filter((event) => event.sql.includes("images"))) {
    await database.session(async (session) => {
      const explain = (how: string): Promise<readonly Row[]> =>
        session.rows({ sql: `EXPLAIN ${how}${sql}`, parameters, varying: true });
      const plan = await explain("FORMAT=TRADITIONAL ").catch(() => explain(""));
      const text = plan.map((row) => row.map(String).join(" | ")).join("\n");
      // Tables of parts, empty here, may be read whole, and so is what was found of each kind.
      expect(text, `${sql}\n${text}`).not.toMatch(/\| (r|m|images) \|( null \|)? ALL \|/);
    });
  }
}

/** What the statements of a page read, as the server counts it. */
async function rowsRead(database: Database, caller: Caller, query: ImageQuery): Promise<number> {
  const layout = await database.layout(imageTable);
  const asked = asListedFor(caller, storeQuery(imageType, { ...query, sort: completeSort(query.sort) }));
  const link = asked.view?.kinds.find(({ linked }) => linked !== undefined)?.linked;
  return database.session(async (session) => {
    await session.run(plain("FLUSH STATUS"));
    const isMany = link !== undefined && (await session.rows(selectManyLinked(layout, link))).length > 0;
    await session.rows(selectPage(layout, asked, { isMany, chosen: await chosenIndex(session, layout, asked) }));
    return handlerReads(session);
  });
}

async function handlerReads(session: Session): Promise<number> {
  const counters = await session.rows(plain("SHOW SESSION STATUS LIKE 'Handler_read%'"));
  return counters.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Some images of others are shared. */
async function shareImages(database: Database): Promise<void> {
  const shared = (memberId: string, which: string): string =>
    `INSERT INTO image_members (image_id, member_id, status, created_at, updated_at, version)
       SELECT id, '${memberId}', 'accepted', '2026-01-01', '2026-01-01', 1 FROM images
        WHERE visibility = 'shared' AND owner <> 'rich' ${which}`;
  await database.session(async (session) => {
    const statements = [
      shared("some", "ORDER BY CRC32(id) LIMIT 2000"),
      shared("more", "ORDER BY CRC32(id) LIMIT 2100"),
      shared("many", ""),
      "ANALYZE TABLE images",
      "ANALYZE TABLE image_members",
    ];
    for (const sql of statements) await session.run(plain(sql));
  });
}

function plain(sql: string): Statement {
  return { sql, parameters: [], varying: true };
}
