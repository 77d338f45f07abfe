import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { ImageGateway } from "../../domain/image/image-gateway.js";
import type { ImageRepository } from "../../domain/image/image-repository.js";
import { newLocation } from "../../domain/image/location.js";
import type { CatalogueLine } from "../../src/application/images/catalogue-line.js";
import { exportImages } from "../../src/application/images/export-images.js";
import { importImages, type ImportReport } from "../../src/application/images/import-images.js";
import { memoryGateway } from "../support/images.js";
import { newImage, onEveryBackend } from "./backends.js";
import { ADMIN, ME } from "./callers.js";

async function* catalogue(texts: readonly string[]): AsyncGenerator<CatalogueLine> {
  for (const [index, text] of texts.entries()) yield { number: index + 1, content: { text } };
}

type Told = ImportReport & { readonly told: readonly string[] };

async function imported(images: ImageRepository, lines: readonly (string | object)[]): Promise<Told> {
  const told: string[] = [];
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  const report = await importImages({ images, clock: { now: () => Date.now() } }, catalogue(texts), {
    onLine: (number, reason) => told.push(`${number} ${reason}`),
    signal: new AbortController().signal,
  });
  return { ...report, told };
}

async function exported(images: ImageRepository): Promise<string[]> {
  let text = "";
  await exportImages(images, (lines) => Promise.resolve(void (text += lines)), {
    onImages: () => undefined,
    signal: new AbortController().signal,
  });
  return text.trimEnd().split("\n");
}

const NOTHING: Told = { imported: 0, existing: 0, different: 0, removed: 0, bad: 0, told: [] };

describe("what a caller imports", () => {
  onEveryBackend((clients) => {
    const gateway = (): ImageGateway => clients().gateways[0];
    const mine = (): ImageRepository => gateway().visibleTo(ME);

    test("what it exported elsewhere goes in again, with times of its own, and a second run changes nothing", async () => {
      const elsewhere = memoryGateway();
      const made = newImage({
        owner: "me",
        name: "made long ago",
        tags: ["t"],
        properties: [["k", "v"]],
        locations: [["one", newLocation("file:///1")]],
      });
      made.createdAt = made.updatedAt = new Date("2020-01-01T00:00:00Z");
      await elsewhere.images.add(made);
      const lines = await exported(elsewhere.visibleTo(ME));
      const before = Date.now();
      expect(await imported(mine(), lines)).toEqual({ ...NOTHING, imported: 1 });
      const now = await gateway().images.get(made.id);
      expect([now.name, [...now.tags], [...now.properties], [...now.locations.keys()]]).toEqual([
        "made long ago",
        ["t"],
        [["k", "v"]],
        ["one"],
      ]);
      expect(now.createdAt.getTime()).toBeGreaterThanOrEqual(before);
      expect(await imported(mine(), lines)).toEqual({ ...NOTHING, existing: 1 });
    });

    test("images of others are refused; times are those of the import, but for a service's, which are kept", async () => {
      const lines = [
        { id: randomUUID(), owner: "me", createdAt: "2020-01-01T00:00:00.000Z" },
        { id: randomUUID(), owner: "you", createdAt: "2020-01-01T00:00:00.000Z" },
        { id: randomUUID(), owner: "me" },
      ];
      expect(await imported(mine(), lines)).toMatchObject({
        imported: 2,
        bad: 1,
        told: [expect.stringMatching(/^2 image .* is to be its caller's own$/)],
      });
      expect(await imported(gateway().images, lines)).toMatchObject({ imported: 1, existing: 2, different: 0, bad: 0 });
      expect((await gateway().images.get(lines[0]!.id)).createdAt).not.toEqual(new Date("2020-01-01T00:00:00Z"));
      expect((await gateway().images.get(lines[1]!.id)).createdAt).toEqual(new Date("2020-01-01T00:00:00Z"));
    });

    test("whose image has an id already, and whether it is there still, is not told to who does not see it", async () => {
      const images = [newImage({ owner: "you", visibility: "private" }), newImage({ owner: "you" }), newImage()];
      await gateway().images.addAll(images);
      await gateway().images.remove(images[1]!);
      await gateway().images.remove(images[2]!);
      await clients().upkeep.purge(10);
      const lines = images.map(({ id }) => ({ id, owner: "me" }));
      const reasons = images.map((_, index) => `${index + 1} id: is taken`);
      expect(await imported(mine(), lines)).toEqual({ ...NOTHING, bad: 3, told: reasons });
      for (const { id } of images) {
        const taken = {
          code: "RECORD_EXISTS",
          message: `image ${id}: the id is taken`,
          taken: [{ id, isDeleted: false }],
        };
        await expect(mine().add(newImage({ id, owner: "me" }))).rejects.toMatchObject(taken);
        const both = [newImage({ owner: "me" }), newImage({ id, owner: "me" })];
        await expect(mine().addAll(both)).rejects.toMatchObject(taken);
      }
    });

    test("services and admins are told of a removed image", async () => {
      const image = newImage({ owner: "you" });
      await gateway().images.add(image);
      await gateway().images.remove(image);
      for (const images of [gateway().images, gateway().visibleTo(ADMIN)]) {
        expect(await imported(images, [{ id: image.id }])).toMatchObject({ removed: 1, bad: 0 });
        await expect(images.add(newImage({ id: image.id }))).rejects.toMatchObject({
          message: `image ${image.id}: the id is taken by a record that is deleted`,
          taken: [{ id: image.id, isDeleted: true }],
        });
      }
    });
  });
});
