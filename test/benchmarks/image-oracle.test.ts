import { expect, test } from "vitest";
import { fullWriteImages } from "../../benchmarks/arms/images/full-write.js";
import { typeormImages } from "../../benchmarks/arms/images/typeorm.js";
import { ImageOracle } from "../../benchmarks/image-oracle.js";
import { imageContent, imageTable, type Shape } from "../../benchmarks/model/image.js";
import { benchPlace } from "./bench-place.js";

const SHAPE: Shape = [3, 2, 1];

const place = benchPlace((tables) => tables.fill(imageTable, []));

test.each([fullWriteImages, typeormImages])("$name leaves what the same changes leave in memory", async (type) => {
  const index = type === fullWriteImages ? 0 : 1;
  const { id, ...image } = imageContent(index, SHAPE);
  const oracle = new ImageOracle(index, SHAPE);
  const arm = await type.open({ url: place.url, poolSize: 1 });
  try {
    await arm.add(id, image);
    await oracle.verify(place.url, type.name, 1);
    for (const each of [await arm.load(id), oracle.image]) {
      await each.rename("other");
      await each.setProperty("hw_property_0", "changed");
      await each.addTag("added");
      await each.removeTag("tag-0");
      await each.changeEverything(1);
    }
    await oracle.verify(place.url, type.name);
    await (await arm.load(id)).addTag("of somebody else");
    await expect(oracle.verify(place.url, type.name)).rejects.toThrow(
      /the tags of .* are not as the last update left them/,
    );
    await expect(
      oracle.image.addTag("of somebody else").then(() => oracle.verify(place.url, type.name, 99)),
    ).rejects.toThrow(/has version \d+ instead of 99/);
  } finally {
    await arm.close();
  }
});
