import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { fullWriteImages } from "../../benchmarks/arms/images/full-write.js";
import type { ImageArm, LoadedImage } from "../../benchmarks/arms/images/image-arm.js";
import { imageContent, imageTable } from "../../benchmarks/model/image.js";
import { UnchangedOracle } from "../../benchmarks/unchanged-oracle.js";
import { benchPlace } from "./bench-place.js";

const { id, ...image } = imageContent(0, [3, 2, 1]);

const place = benchPlace((tables) => tables.fill(imageTable, []));
let arm: ImageArm;
let oracle: UnchangedOracle;

beforeAll(async () => {
  arm = await fullWriteImages.open({ url: place.url, poolSize: 1 });
});
afterAll(() => arm.close());

beforeEach(async () => {
  await place.tables.fill(imageTable, []);
  await arm.add(id, image);
  oracle = await UnchangedOracle.before(place.tables, imageTable);
});

test("a save that promises to raise the version and nothing else does so, and another may not", async () => {
  await oracle.verify("nobody");
  await (await arm.load(id)).saveUnchanged();
  await oracle.verify("full write", 1);
  const told = "full write: saves of what nobody changed left version 2 instead of 1 in bench_images";
  await expect(oracle.verify("full write")).rejects.toThrow(told);
});

test.each<[string, (loaded: LoadedImage) => Promise<void>, string]>([
  ["an attribute", (loaded) => loaded.rename("other"), "other rows in bench_images"],
  ["a property", (loaded) => loaded.setProperty("hw_property_0", "other"), "other rows beside bench_images"],
  ["a tag", (loaded) => loaded.removeTag("tag-0"), "other rows beside bench_images"],
])("a save that changes %s fails its workload", async (_, change, left) => {
  await change(await arm.load(id));
  await expect(oracle.verify("full write", 1)).rejects.toThrow(left);
});

test("an image that is gone is missed", async () => {
  await arm.remove(id);
  await expect(oracle.verify("full write")).rejects.toThrow("left other rows in bench_images");
});
