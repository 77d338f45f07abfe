import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import { imageType, type Image } from "../../domain/image/image-type.js";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Database } from "../../infrastructure/persistence/database.js";
import { FullWriteRepository } from "../../infrastructure/persistence/full-write.js";
import { imageTable } from "../../infrastructure/persistence/image-table.js";
import { openTestDatabase } from "../support/open-store.js";
import { closeAll, imagesIn, imageStore, newImage, onSqlBackends } from "./backends.js";

/** BEGIN and COMMIT are not counted. An image has two collections: properties and tags. */
describe("statements sent for an image of 30 properties and 5 tags", () => {
  onSqlBackends((place) => {
    let sent: string[] = [];
    let counted: Database;
    let others: Database;
    let images: DistinctImageRepository;
    let image: Image;
    beforeAll(async () => {
      counted = openTestDatabase(place().url, { onStatement: ({ sql }) => sent.push(sql) });
      others = openTestDatabase(place().url);
      images = imagesIn(counted);
      await counted.connect();
    });
    afterAll(() => closeAll([counted, others]));
    beforeEach(async () => {
      image = sample();
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
      expect(await statements(() => images.get(image.id))).toEqual(["SELECT", "SELECT", "SELECT"]);
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
      expect(await statements(async () => (found = await store.load(ids)))).toEqual(["SELECT", "SELECT", "SELECT"]);
      expect(found).toHaveLength(50);
      expect(found).not.toContain(undefined);
    });

    test("add: 1 + one per collection, and 1 for an image without entries", async () => {
      expect(await statements(() => images.add(sample()))).toEqual(["INSERT", "INSERT", "INSERT"]);
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

    test("save of one property or one tag: 2", async () => {
      image.properties.set("p0", "changed");
      expect(await statements(() => images.save(image))).toEqual(["UPDATE", "INSERT"]);
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
      const expected = ["UPDATE", "DELETE", "INSERT", "DELETE", "INSERT"];
      expect(await statements(() => images.save(image))).toEqual(expected);
    });

    test("remove: 1", async () => {
      expect(await statements(() => images.remove(image))).toEqual(["DELETE"]);
    });

    test("on a conflict: + one load, whether a save or a removal is refused", async () => {
      await changedByAnother((theirs) => theirs.properties.set("p0", "theirs"));
      image.properties.set("p0", "mine");
      const refused = (work: () => Promise<unknown>): Promise<string[]> =>
        statements(() => expect(work()).rejects.toBeInstanceOf(ConflictError));
      expect(await refused(() => images.save(image))).toEqual(["UPDATE", "SELECT", "SELECT", "SELECT"]);
      expect(await refused(() => images.remove(image))).toEqual(["DELETE", "SELECT", "SELECT", "SELECT"]);
    });

    test("on a stale version: + the update that found it and one load, then the save", async () => {
      await changedByAnother((theirs) => theirs.properties.set("p1", "theirs"));
      image.properties.set("p0", "mine");
      const retry = ["UPDATE", "SELECT", "SELECT", "SELECT"];
      expect(await statements(() => images.save(image))).toEqual([...retry, "UPDATE", "INSERT"]);
    });

    test("a full write, to compare with: 1 + two per collection, whatever changed", async () => {
      const full = new FullWriteRepository(imageType, counted, imageTable);
      const loaded = await full.get(image.id);
      loaded.name = "new";
      const expected = ["UPDATE", "DELETE", "DELETE", "INSERT", "INSERT"];
      expect(await statements(() => full.save(loaded))).toEqual(expected);
    });
  });
});

function sample(): Image {
  return newImage({
    name: "sample",
    properties: Array.from({ length: 30 }, (_, index) => [`p${index}`, `value ${index}`] as const),
    tags: Array.from({ length: 5 }, (_, index) => `t${index}`),
  });
}
