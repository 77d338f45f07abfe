import { afterAll, beforeAll, expect, test } from "vitest";
import { fullWriteImages } from "../../benchmarks/arms/images/full-write.js";
import { typeormImages } from "../../benchmarks/arms/images/typeorm.js";
import { ImageOracle } from "../../benchmarks/image-oracle.js";
import { imageContent, imageTable, type Shape } from "../../benchmarks/model/image.js";
import { TableStore } from "../../benchmarks/tables.js";
import { createServerDatabase, type TestDatabase } from "../support/test-database.js";

const SHAPE: Shape = [3, 2, 1];

let place: TestDatabase;
let tables: TableStore;
let url: string;

beforeAll(async () => {
  place = await createServerDatabase();
  url = place.url.replace(/^mariadb:/, "mysql:");
  tables = new TableStore(url);
  await tables.fill(imageTable, []);
});
afterAll(async () => {
  await tables.close();
  await place.drop();
});

test.each([fullWriteImages, typeormImages])("$name leaves what the same changes leave in memory", async (type) => {
  const index = type === fullWriteImages ? 0 : 1;
  const { id, ...image } = imageContent(index, SHAPE);
  const oracle = new ImageOracle(index, SHAPE);
  const arm = await type.open({ url, poolSize: 1 });
  try {
    await arm.add(id, image);
    await oracle.verify(url, type.name, 1);
    for (const each of [await arm.load(id), oracle.image]) {
      await each.rename("other");
      await each.setProperty("hw_property_0", "changed");
      await each.addTag("added");
      await each.removeTag("tag-0");
      await each.changeEverything(1);
    }
    await oracle.verify(url, type.name);
    await (await arm.load(id)).addTag("of somebody else");
    await expect(oracle.verify(url, type.name)).rejects.toThrow(/the tags of .* are not as the last update left them/);
    await expect(oracle.image.addTag("of somebody else").then(() => oracle.verify(url, type.name, 99))).rejects.toThrow(
      /has version \d+ instead of 99/,
    );
  } finally {
    await arm.close();
  }
});
