import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ImageArm } from "../../benchmarks/arms/images/image-arm.js";
import { fullWriteImages } from "../../benchmarks/arms/images/full-write.js";
import { referenceImages } from "../../benchmarks/arms/images/reference.js";
import { imageContent, imageTable } from "../../benchmarks/model/image.js";
import { TableStore } from "../../benchmarks/tables.js";
import { createServerDatabase, type TestDatabase } from "../support/test-database.js";

/** The arms that others are measured against must do what their descriptions say, no more and no less. */
describe("full writes of images with 30 properties, 5 tags and 3 locations", () => {
  let place: TestDatabase;
  let tables: TableStore;
  const arms: ImageArm[] = [];
  const { id, ...image } = imageContent(0, [30, 5, 3]);
  let sent = 0;

  beforeAll(async () => {
    place = await createServerDatabase();
    tables = new TableStore(place.url.replace(/^mariadb:/, "mysql:"));
    const options = { url: place.url.replace(/^mariadb:/, "mysql:"), poolSize: 1, onStatement: () => void sent++ };
    for (const type of [referenceImages, fullWriteImages]) arms.push(await type.open(options));
  });
  afterAll(async () => {
    for (const arm of arms) await arm.close();
    await tables.close();
    await place.drop();
  });

  beforeEach(() => tables.fill(imageTable, []));

  async function count<T>(work: () => Promise<T>): Promise<{ result: T; statements: number }> {
    sent = 0;
    const result = await work();
    return { result, statements: sent };
  }

  test("the reference sends what its HEAD sends", async () => {
    const [reference] = arms;
    expect((await count(() => reference!.add(id, image))).statements, "add").toBe(43);
    const { result: loaded, statements } = await count(() => reference!.load(id));
    expect(statements, "get").toBe(2);
    expect((await count(() => loaded.saveUnchanged())).statements, "save of nothing").toBe(12);
    expect((await count(() => loaded.rename("other"))).statements, "save of one attribute").toBe(12);
    expect((await count(() => loaded.setProperty("hw_property_0", "x"))).statements, "of one property").toBe(13);
    expect((await tables.rows(imageTable))[0]).toMatchObject({ name: "other", version: 4 });
    // Beside what a save of nothing sends: an INSERT of the tag; a SELECT and a DELETE; an UPDATE of each property, all three for each tag.
    expect((await count(() => loaded.addTag("new"))).statements, "of one tag more").toBe(12 + 1);
    expect((await count(() => loaded.removeTag("new"))).statements, "of one tag less").toBe(12 + 2);
    expect((await count(() => loaded.changeEverything(1))).statements, "of everything").toBe(12 + 30 + 5 * 3);
    expect((await count(() => reference!.remove(id))).statements, "remove").toBe(76);
    expect(await tables.rows(imageTable)).toEqual([]);
  });

  test("the competent one sends one statement for the image, and two for each collection", async () => {
    const [, competent] = arms;
    expect((await count(() => competent!.add(id, image))).statements, "add").toBe(4);
    const { result: loaded, statements } = await count(() => competent!.load(id));
    expect(statements, "get").toBe(4);
    expect((await count(() => loaded.rename("other"))).statements, "save of one attribute").toBe(7);
    expect((await tables.rows(imageTable))[0]).toMatchObject({ name: "other", version: 2 });
    await competent!.remove(id);
  });

  test("the reference overwrites what others wrote; the competent one notices", async () => {
    const [reference, competent] = arms;
    await competent!.add(id, image);
    const [stale, staleToo] = [await reference!.load(id), await competent!.load(id)];
    await (await competent!.load(id)).addTag("theirs");
    await expect(staleToo.rename("mine")).rejects.toThrow("was changed meanwhile");
    await stale.rename("mine");
    const { result: now } = await count(() => competent!.load(id));
    await expect(now.saveUnchanged()).resolves.toBeUndefined();
    expect((await tables.rows(imageTable))[0]).toMatchObject({ name: "mine" });
    expect(await tables.rowsWhere("bench_image_tags", { image_id: id, value: "theirs" })).toBe(0);
  });
});
