import { expect, test } from "vitest";
import { exportImages } from "../../src/application/images/export-images.js";
import { importImages, type ImportReport } from "../../src/application/images/import-images.js";
import { splitLines } from "../../src/cli/images/split-lines.js";
import type { ImageRepository } from "../../domain/image/image-repository.js";
import { newLocation } from "../../domain/image/location.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { memoryGateway } from "../support/images.js";
import { newImage, onEveryBackend } from "./backends.js";

/** Characters of which JSON makes six bytes each, more than of any other. */
const long = (length: number, index = 0): string => String(index).padEnd(length, "\u0001");
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

/** As JSON 65,535 bytes, with as many tokens as so many bytes can have. */
const metadata = { a: times(32_764, () => 1) };

async function imported(images: ImageRepository, line: string): Promise<ImportReport> {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield Promise.resolve(Buffer.from(line));
  };
  return importImages({ images, clock: systemClock }, splitLines(chunks()), {
    onLine: (_, reason) => expect.fail(reason),
    signal: new AbortController().signal,
  });
}

onEveryBackend((clients) => {
  test("the largest image within the default quotas is exported, and imported as it was", async () => {
    expect(JSON.stringify(metadata)).toHaveLength(65_535);
    const { a: images } = clients();
    const image = newImage({
      name: long(255),
      owner: long(255),
      diskFormat: "raw".padEnd(20, '"'),
      containerFormat: "bare".padEnd(20, '"'),
      properties: times(128, (index) => [long(255, index), long(65_535)] as const),
      tags: times(128, (index) => long(255, index)),
      locations: times(10, (index) => [long(36, index), newLocation(long(4_096, index), metadata)] as const),
    });
    await images.add(image);
    let line = "";
    // Of what else is stored here nothing is looked at.
    const alone = { list: () => images.list({ where: { id: { eq: image.id } } }) } as unknown as ImageRepository;
    await exportImages(alone, (text) => Promise.resolve(void (line += text)), {
      onImages: () => undefined,
      signal: new AbortController().signal,
    });
    expect(line.length).toBeGreaterThan(50_000_000);
    expect(await imported(memoryGateway().images, line)).toMatchObject({ imported: 1, bad: 0 });
    expect(await imported(images, line)).toMatchObject({ existing: 1, different: 0, bad: 0 });
    await images.remove(image);
  }, 60_000);
});
