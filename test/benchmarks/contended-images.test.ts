import { expect, test } from "vitest";
import { isChangedMeanwhile } from "../../benchmarks/arms/again.js";
import { distinctionApartImages } from "../../benchmarks/arms/images/distinction-apart.js";
import { distinctionImages } from "../../benchmarks/arms/images/distinction.js";
import { fullWriteImages } from "../../benchmarks/arms/images/full-write.js";
import { handwrittenImages } from "../../benchmarks/arms/images/handwritten.js";
import { raising, type ImageArm, type ImageArmType, type LoadedImage } from "../../benchmarks/arms/images/image-arm.js";
import { referenceImages } from "../../benchmarks/arms/images/reference.js";
import { typeormImages } from "../../benchmarks/arms/images/typeorm.js";
import { ContendedImages } from "../../benchmarks/contended-images.js";
import type { Tally } from "../../benchmarks/contention.js";
import { fillImages } from "../../benchmarks/fill-images.js";
import { perOperation } from "../../benchmarks/measure.js";
import { ownProperty } from "../../benchmarks/model/image.js";
import { benchPlace } from "./bench-place.js";

const WRITERS = 8;

const place = benchPlace(() => Promise.resolve());

/** What `work` comes to on a new image. */
async function tallied(
  type: ImageArmType,
  work: (arm: ImageArm, id: string, tally: Tally) => Promise<ContendedImages>,
): Promise<Tally> {
  const [id] = await fillImages(place, 1, [WRITERS, 1, 1]);
  const arm = await type.open({ url: place.url, poolSize: WRITERS });
  const tally: Tally = { updates: 0, retries: 0, lost: 0 };
  try {
    await (await work(arm, id!, tally)).countLost();
    return tally;
  } finally {
    await arm.close();
  }
}

test.each([
  [distinctionImages, { retries: 0, lost: 0 }],
  [handwrittenImages, { retries: 1, lost: 0 }],
  [fullWriteImages, { retries: 1, lost: 0 }],
  [referenceImages, { retries: 0, lost: 1 }],
  [typeormImages, { retries: 0, lost: 1 }],
])("what a stale save of $name does to a property that it did not change is seen", async (type, found) => {
  const tally = await tallied(type, async (arm, id, counts) => {
    let isOvertaken = false;
    const load = async (): Promise<LoadedImage> => {
      const image = await arm.load(id);
      if (!isOvertaken) {
        isOvertaken = true;
        await images.raise(id, ownProperty(1));
      }
      return image;
    };
    const images = await ContendedImages.before(
      place.tables,
      [id],
      { raise: raising(load, isChangedMeanwhile) },
      counts,
    );
    await images.raise(id, ownProperty(0));
    return images;
  });
  expect(tally).toEqual({ updates: 2, ...found });
});

test.each([distinctionImages, distinctionApartImages, handwrittenImages, fullWriteImages])(
  "writers of one image lose nothing with $name",
  async (type) => {
    const { updates, retries, lost } = await tallied(type, async (arm, id, counts) => {
      const images = await ContendedImages.before(place.tables, [id], arm, counts);
      await perOperation(WRITERS, 5, (writer) => images.raise(id, ownProperty(writer)));
      return images;
    });
    expect({ updates, lost }).toEqual({ updates: WRITERS * 5, lost: 0 });
    expect(retries, "they were in each other's way").toBeGreaterThan(0);
  },
);
