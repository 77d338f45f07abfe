import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import { newState } from "../../domain/distinction/record/new-record.js";
import { moveTo } from "../../domain/image/image-steps.js";
import { imageType, type Image } from "../../domain/image/image-type.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { newLocation } from "../../domain/image/location.js";
import type { Database, DatabaseAccess } from "../../infrastructure/persistence/connection/database.js";
import type { Session, Statement } from "../../infrastructure/persistence/connection/session.js";
import { FullWriteRepository } from "../../infrastructure/persistence/comparison/full-write-repository.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlImageUpkeep } from "../../infrastructure/persistence/images/sql-image-upkeep.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { openTestDatabase } from "../support/open-store.js";
import { closeAll, environment, imagesIn, imageStore, newImage, onSqlBackends } from "./backends.js";

const NO_QUOTAS = { properties: -1, tags: -1, locations: -1 };

const SIZES = [
  [30, 5, 3],
  [128, 128, 10],
] as const;

/** BEGIN and COMMIT are not counted. An image has three collections: properties, tags and locations. */
describe.each(SIZES)("statements sent for an image of %d properties, %d tags and %d locations", (...size) => {
  onSqlBackends((place, backend) => {
    /** An UPDATE of SQLite's takes one table. */
    const changedEntry = backend === "SQLite" ? ["UPDATE", "INSERT"] : ["UPDATE"];
    let sent: string[] = [];
    let counted: Database;
    let others: Database;
    let images: DistinctImageRepository;
    let image: Image;
    beforeAll(async () => {
      counted = openTestDatabase(place().url, {
        onStatement: ({ kind, sql }) => void (kind === "statement" && sent.push(sql)),
      });
      others = openTestDatabase(place().url);
      images = new DistinctImageRepository(imageStore(counted), environment, NO_QUOTAS);
      await counted.connect();
    });
    afterAll(() => closeAll([counted, others]));
    beforeEach(async () => {
      image = sample(size);
      await images.add(image);
      image = await images.get(image.id);
      sent = [];
    });

    /** The kinds of the statements that `work` sent, in their order. */
    async function statements(work: () => Promise<unknown>): Promise<string[]> {
      sent = [];
      await work();
      return sent.map((sql) => sql.slice(0, sql.indexOf(" ")));
    }

    async function changedByAnother(change: (image: Image) => void): Promise<void> {
      await imagesIn(others).update(image.id, change);
    }

    test("get: 1 + one per collection", async () => {
      expect(await statements(() => images.get(image.id))).toEqual(["SELECT", "SELECT", "SELECT", "SELECT"]);
    });

    test("get reads one row for the image and one for each entry: no cross product", async () => {
      let rows = 0;
      const access: DatabaseAccess = {
        hasFixedView: counted.hasFixedView,
        dialect: () => counted.dialect(),
        layout: (table) => counted.layout(table),
        transaction: (work) => counted.transaction(work),
        session: (work) =>
          counted.session((session) => {
            const read = async (statement: Statement): ReturnType<Session["rows"]> => {
              const found = await session.rows(statement);
              rows += found.length;
              return found;
            };
            return work({ rows: read, run: (statement) => session.run(statement) });
          }),
      };
      await new SqlRecordStore(access, imageTable).load([[image.id]]);
      expect(rows).toBe(1 + size[0] + size[1] + size[2]);
    });

    test("list of 1,000: 1 + one per collection", async () => {
      const store = imageStore(others);
      // A thousand of the larger ones would be 266,000 rows.
      const one = size[0] === SIZES[0][0] ? () => sample(size) : () => newImage({ tags: ["t"] });
      const owner = "of a thousand";
      await store.insertAll(Array.from({ length: 1_000 }, () => newState(imageType, Object.assign(one(), { owner }))));
      let records: readonly Image[] = [];
      const query = { where: { owner: { eq: owner } }, limit: 1_000 };
      const list = async (): Promise<void> => void ({ records } = await images.list(query));
      expect((await statements(list)).slice(-4)).toEqual(["SELECT", "SELECT", "SELECT", "SELECT"]);
      expect(sent.filter((sql) => !sql.startsWith("SELECT 1 "))).toHaveLength(4); // but for the look at an index
      expect(records).toHaveLength(1_000);
      const expected = one();
      for (const { properties, tags, locations } of records) {
        expect([properties.size, tags.size, locations.size]).toEqual([
          expected.properties.size,
          expected.tags.size,
          expected.locations.size,
        ]);
      }
    });

    test("a step of the status machine: 1, with what it takes for granted in it", async () => {
      moveTo(image, "importing");
      expect(await statements(() => images.save(image))).toEqual(["UPDATE"]);
      expect(sent[0]).toMatch(/ AND .status. IN \(\?\) AND .disk_format. IN \(\?\) AND .container_format. IN \(\?\)$/);
    });

    test("get of an image that is not there: 1", async () => {
      expect(await statements(() => images.find("nobody"))).toEqual(["SELECT"]);
    });

    test("loading 50 images: 1 + one per collection", async () => {
      const ids = [[image.id]];
      for (let index = 1; index < 50; index++) {
        const one = newImage({ tags: ["t"] });
        await images.add(one);
        ids.push([one.id]);
      }
      const store = imageStore(counted);
      let found: unknown[] = [];
      expect(await statements(async () => (found = await store.load(ids)))).toEqual([
        "SELECT",
        "SELECT",
        "SELECT",
        "SELECT",
      ]);
      expect(found).toHaveLength(50);
      expect(found).not.toContain(undefined);
    });

    test("add: 1 + one per collection, and 1 for an image without entries", async () => {
      expect(await statements(() => images.add(sample(size)))).toEqual(["INSERT", "INSERT", "INSERT", "INSERT"]);
      expect(await statements(() => images.add(newImage()))).toEqual(["INSERT"]);
    });

    test("save of nothing: 0", async () => {
      image.name = "detour";
      image.name = "sample";
      image.tags.add("t0");
      expect(await statements(() => images.save(image))).toEqual([]);
    });

    test("save of one attribute, or of all: 1", async () => {
      image.name = "new";
      expect(await statements(() => images.save(image))).toEqual(["UPDATE"]);
      image.minDisk = 1;
      image.minRam = 2;
      image.osHidden = true;
      image.owner = "somebody";
      image.visibility = "public";
      expect(await statements(() => images.save(image))).toEqual(["UPDATE"]);
    });

    test("save of one property that changed: 1 on servers", async () => {
      image.properties.set("p0", "changed");
      expect(await statements(() => images.save(image))).toEqual(changedEntry);
      image.name = "new";
      image.locations.set("l0", newLocation("file:///changed"));
      expect(await statements(() => images.save(image))).toEqual(changedEntry);
    });

    test("save of one property or one tag, added or dropped: 2", async () => {
      image.properties.set("added", "1");
      expect(await statements(() => images.save(image))).toEqual(["UPDATE", "INSERT"]);
      image.properties.delete("added");
      expect(await statements(() => images.save(image))).toEqual(["UPDATE", "DELETE"]);
      image.tags.add("new");
      expect(await statements(() => images.save(image))).toEqual(["UPDATE", "INSERT"]);
      image.tags.delete("new");
      expect(await statements(() => images.save(image))).toEqual(["UPDATE", "DELETE"]);
    });

    test("save of any number of changes: 1 + two per collection", async () => {
      image.name = "new";
      image.minRam = 1;
      for (let index = 0; index < 10; index++) {
        image.properties.set(`p${index}`, "changed");
        image.properties.delete(`p${index + 10}`);
        image.properties.set(`added${index}`, "");
      }
      image.tags = new Set(["t0", "new", "newer"]);
      image.locations.delete("l0");
      image.locations.set("added", newLocation("file:///added"));
      const expected = ["UPDATE", "DELETE", "INSERT", "DELETE", "INSERT", "DELETE", "INSERT"];
      expect(await statements(() => images.save(image))).toEqual(expected);
    });

    test("remove: 1, with version, mark and rules in it", async () => {
      expect(await statements(() => images.remove(image))).toEqual(["UPDATE"]);
      expect(sent[0]).toMatch(
        / AND .version. = \? AND .deleted_at. IS NULL AND .protected. IN \(\?\) AND .status. IN /,
      );
    });

    test("purge: 4 for any number of removed images up to 50, and 1 where there are none", async () => {
      const others = [sample(size), sample(size), sample(size)];
      await images.addAll(others);
      for (const one of [image, ...others]) await images.remove(await images.get(one.id));
      const upkeep = new SqlImageUpkeep(counted);
      expect(await statements(() => upkeep.purge(50))).toEqual(["SELECT", "SELECT", "INSERT", "DELETE"]);
      expect(await statements(() => upkeep.purge(50))).toEqual(["SELECT"]);
    });

    test("on a conflict: + one load, whether a save or a removal is refused", async () => {
      await changedByAnother((theirs) => theirs.properties.set("p0", "theirs"));
      image.properties.set("p0", "mine");
      const refused = (work: () => Promise<unknown>): Promise<string[]> =>
        statements(() => expect(work()).rejects.toBeInstanceOf(ConflictError));
      expect(await refused(() => images.save(image))).toEqual(["UPDATE", "SELECT", "SELECT", "SELECT", "SELECT"]);
      expect(await refused(() => images.remove(image))).toEqual(["UPDATE", "SELECT", "SELECT", "SELECT", "SELECT"]);
    });

    test("on a stale version: + the update that found it and one load, then the save", async () => {
      await changedByAnother((theirs) => theirs.properties.set("p1", "theirs"));
      image.properties.set("p0", "mine");
      const retry = ["UPDATE", "SELECT", "SELECT", "SELECT", "SELECT"];
      expect(await statements(() => images.save(image))).toEqual([...retry, ...changedEntry]);
    });

    test("a full write, to compare with: 1 + two per collection, whatever changed", async () => {
      const full = new FullWriteRepository(imageType, counted, imageTable);
      const loaded = await full.get(image.id);
      loaded.name = "new";
      const expected = ["UPDATE", "DELETE", "DELETE", "DELETE", "INSERT", "INSERT", "INSERT"];
      expect(await statements(() => full.save(loaded))).toEqual(expected);
    });
  });
});

function sample([properties, tags, locations]: readonly [number, number, number]): Image {
  return newImage({
    name: "sample",
    diskFormat: "raw",
    containerFormat: "bare",
    properties: Array.from({ length: properties }, (_, index) => [`p${index}`, `value ${index}`] as const),
    tags: Array.from({ length: tags }, (_, index) => `t${index}`),
    locations: Array.from({ length: locations }, (_, index) => {
      return [`l${index}`, newLocation(`file:///${index}`)] as const;
    }),
  });
}
