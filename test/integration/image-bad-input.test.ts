import { describe, expect, test } from "vitest";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { imageToDocument } from "../../domain/image/image-document.js";
import { patchImage } from "../../domain/image/image-patch.js";
import type { ImageQuery } from "../../domain/image/image-query.js";
import { deactivate, moveTo } from "../../domain/image/image-steps.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import type { PatchOperation } from "../../domain/image/json-patch.js";
import { newLocation } from "../../domain/image/location.js";
import { code } from "../support/repository-outcomes.js";
import { environment, newImage, onEveryBackend } from "./backends.js";

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${index}`);

/** What a caller does, and what is told: the attribute and the rule. */
const EDITS: readonly (readonly [string, (image: Image) => void, path: string, reason: string])[] = [
  ["an illegal step", (image) => (image.status = "killed"), "status", "queued cannot become killed"],
  ["deletion by assignment", (image) => (image.status = "deleted"), "status", "deleted by its removal"],
  [
    "saving without a disk format",
    (image) => (image.status = "saving"),
    "diskFormat",
    "is needed by an image that is saving",
  ],
  ["an unknown status", (image) => (image.status = "lost" as "active"), "status", "one of queued"],
  ["another id", (image) => ((image as { id: string }).id = "x"), "id", "is fixed"],
  ["another time of creation", (image) => (image.createdAt = new Date(0)), "createdAt", "is fixed"],
  ["another time of change", (image) => (image.updatedAt = new Date(0)), "updatedAt", "is set by every write"],
  ["a reserved name", (image) => image.properties.set("self", "x"), 'properties["self"]', "not reserved"],
  [
    "a reserved prefix",
    (image) => image.properties.set("os_glance_x", "x"),
    'properties["os_glance_x"]',
    "not reserved",
  ],
  ["an empty name", (image) => image.properties.set("", "x"), 'properties[""]', "at least 1 character"],
  [
    "too many properties",
    (image) => numbered(129).forEach((k) => image.properties.set(k, "")),
    "properties",
    "at most 128",
  ],
  ["too many tags", (image) => numbered(129).forEach((tag) => image.tags.add(tag)), "tags", "at most 128"],
  [
    "too many locations",
    (image) => numbered(11).forEach((k) => image.locations.set(k, newLocation(`file:///${k}`))),
    "locations",
    "at most 10, got 12",
  ],
  [
    "a duplicate location",
    (image) => image.locations.set("copy", newLocation("file:///1", { b: 2, a: 1 })),
    'locations["copy"]',
    'has the URL and the metadata of locations["one"]',
  ],
  [
    "metadata that is null",
    (image) => image.locations.set("x", newLocation("u", null as never)),
    'locations["x"]',
    "an object of metadata",
  ],
  [
    "metadata that is no object",
    (image) => image.locations.set("x", newLocation("u", [] as never)),
    'locations["x"]',
    "an object",
  ],
  ["a long name", (image) => (image.name = "x".repeat(256)), "name", "at most 255 characters, got a string of 256"],
  ["half a character", (image) => (image.name = "\ud83c"), "name", "well-formed Unicode"],
  ["an empty format", (image) => (image.diskFormat = ""), "diskFormat", "at least 1 character"],
  ["a blank format", (image) => (image.containerFormat = " "), "containerFormat", "without white space"],
  ["a size while it is queued", (image) => (image.size = 0), "size", "is null while an image is queued"],
  [
    "a location without an id",
    (image) => image.locations.set("", newLocation("file:///x")),
    'locations[""]',
    "at least 1 character",
  ],
  ["a size below 0", (image) => (image.minDisk = -1), "minDisk", "between 0 and"],
  ["a size beyond 31 bits", (image) => (image.minRam = 2 ** 31), "minRam", "between 0 and 2147483647"],
  ["a long property", (image) => image.properties.set("k", "x".repeat(65_536)), 'properties["k"]', "at most 65535"],
  ["a misspelt attribute", (image) => ((image as { nmae?: string }).nmae = "x"), "nmae", "unknown attribute"],
];

const QUERIES: readonly (readonly [string, ImageQuery, path: string])[] = [
  ["an unknown sort key", { sort: [{ by: "colour" as "name" }] }, "colour"],
  ["an unknown direction", { sort: [{ by: "name", order: "up" as "asc" }] }, "sort"],
  ["an unknown filter", { where: { colour: { eq: 1 } } as object }, "colour"],
  ["an unknown operator", { where: { name: { like: "x" } } as object }, "name.like"],
  ["a value of another type", { where: { minRam: { gt: "x" as unknown as number } } }, "minRam.gt"],
  ["more values than statements take", { where: { name: { in: numbered(30_001) } } }, "where"],
  ["an order that is a word", { sort: "name" as never }, "sort"],
  ["an order of nothing", { sort: [null] as never }, "sort"],
  ["no conditions", { where: null as never }, "where"],
  ["conditions that are none", { where: [null] as never }, "where"],
  ["a limit of 0", { limit: 0 }, "limit"],
  ["a limit of 1,001", { limit: 1_001 }, "limit"],
];

const FORMATS = { diskFormat: "raw", containerFormat: "bare" };

const NEWCOMERS: readonly (readonly [string, Partial<Image>, path: string])[] = [
  ["an empty id", { id: "" }, "id"],
  ["an id that is no UUID", { id: "not a uuid" }, "id"],
  ["a UUID in capitals", { id: "1B4E28BA-2FA1-11D2-883F-0016D3CCA427" }, "id"],
  ["the status of a removed one", { ...FORMATS, status: "deleted" }, "status"],
  ["data, and no disk format", { ...FORMATS, diskFormat: null, status: "active" }, "diskFormat"],
  ["data taken out of use, and no container format", { diskFormat: "raw", status: "deactivated" }, "containerFormat"],
  ["the size of data that is not there", { size: 1 }, "size"],
  ["the virtual size of data that is not there", { virtualSize: 1 }, "virtualSize"],
];

describe("bad input is told by attribute and rule, and nothing changes", () => {
  onEveryBackend((clients) => {
    test.each(EDITS)("%s", async (_, edit, path, reason) => {
      const { a, b } = clients();
      const image = sample();
      await a.add(image);
      const { id } = image;
      const before = imageToDocument(await b.get(id));
      edit(image);
      image.owner = "half";
      const edited = imageToDocument(image);
      await expect(a.save(image)).rejects.toMatchObject({
        code: "INVALID_VALUE",
        faults: expect.arrayContaining([{ path, reason: expect.stringContaining(reason) as string }]) as unknown,
      });
      expect(imageToDocument(image)).toEqual(edited);
      expect(imageToDocument(await b.get(id))).toEqual(before);
    });

    test.each(QUERIES)("a list with %s", async (_, query, path) => {
      await expect(clients().a.list(query)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path }] });
    });

    test.each(NEWCOMERS)("a new image with %s", async (_, values, path) => {
      const { a, b } = clients();
      const image = Object.assign(newImage(), values);
      const refused = (at: string): object => ({ code: "INVALID_VALUE", faults: [{ path: at }] });
      await expect(a.add(image)).rejects.toMatchObject(refused(path));
      await expect(a.addAll([image])).rejects.toMatchObject(refused(`[0].${path}`));
      expect(await b.find(image.id)).toBeUndefined();
    });

    test("formats are needed for as long as data is handled, and none before", async () => {
      const { a } = clients();
      const image = sample({ diskFormat: "raw", containerFormat: "bare" });
      image.status = "importing";
      await a.add(image);
      image.diskFormat = null;
      await expect(a.save(image)).rejects.toMatchObject({
        faults: [{ path: "diskFormat", reason: "is needed by an image that is importing" }],
      });
      image.diskFormat = "qcow2";
      await a.save(image);
      await a.add(Object.assign(newImage(), { status: "uploading" }));
    });

    test("a property that has another value than expected, or none, is told as that", async () => {
      const { a } = clients();
      const image = sample();
      await a.add(image);
      await expect(a.deletePropertyAtomic(image.id, "lock", "mine")).rejects.toMatchObject({
        code: "CONFLICT",
        message: `image ${image.id}: not as expected at version 1: properties["lock"]`,
      });
    });

    test("formats once the data is in use; even where both are given", async () => {
      const { a, b } = clients();
      const image = sample({ diskFormat: "raw", containerFormat: "bare" });
      image.status = "active";
      await a.add(image);
      image.diskFormat = "qcow2";
      await expect(a.save(image)).rejects.toMatchObject({
        faults: [{ path: "diskFormat", reason: "changes in queued and importing only, is active" }],
      });
      expect((await b.get(image.id)).diskFormat).toBe("raw");
    });

    test("an image that is over a quota, because that was lowered, may change otherwise, and not grow", async () => {
      const { a, stores } = clients();
      const image = newImage({ tags: ["a", "b", "c"], properties: [["k", "v"]] });
      await a.add(image);
      const images = new DistinctImageRepository(stores[0], environment, { tags: 1, properties: 0 });
      await images.update(image.id, (one) => {
        one.name = "changed";
        one.tags.delete("c");
        one.properties.set("k", "other");
      });
      await expect(images.update(image.id, (one) => void one.tags.add("d"))).rejects.toMatchObject({
        faults: [{ path: "tags", reason: "at most 1, got 3" }],
      });
      const now = await a.get(image.id);
      expect([now.name, [...now.tags].sort()]).toEqual(["changed", ["a", "b"]]);
    });

    test("a protected image is not removed", async () => {
      const { a, b } = clients();
      const image = sample({ protected: true });
      await a.add(image);
      await expect(a.remove(image)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: "protected" }] });
      expect((await b.get(image.id)).tags.has("t")).toBe(true);
    });

    test("a step that the machine has not leaves memory alone, too", async () => {
      const { a } = clients();
      const image = sample();
      await a.add(image);
      expect(() => moveTo(image, "killed")).toThrow(/queued cannot become killed/);
      expect(() => deactivate(image)).toThrow(/queued cannot become deactivated/);
      expect(await a.save(image)).toMatchObject({ written: false });
    });

    test("a patch that breaks off leaves memory and database alone", async () => {
      const { a, b } = clients();
      const image = sample();
      await a.add(image);
      const patch = [
        { op: "replace", path: "/name", value: "half" },
        { op: "add", path: "/__proto__/x", value: 1 },
      ] as PatchOperation[];
      const edit = a.update(image.id, (one) => patchImage(one, patch, { newId: () => "new" }));
      await expect(edit).rejects.toMatchObject(code("INVALID_PATCH"));
      expect((await b.get(image.id)).name).toBe("old");
    });

    test("text of 4 bytes, and names that objects inherit, come back whole", async () => {
      const { a, b } = clients();
      const image = sample({ name: "🎉".repeat(255) });
      for (const name of ["__proto__", "constructor", "toString", "🎉"]) image.properties.set(name, `𝒳 ${name}`);
      image.tags.add("👩‍👩‍👧");
      await a.add(image);
      expect(imageToDocument(await b.get(image.id))).toEqual(imageToDocument(image));
    });
  });
});

function sample(values: NewImage = {}): Image {
  return newImage({
    name: "old",
    tags: ["t"],
    locations: [["one", newLocation("file:///1", { a: 1, b: 2 })]],
    ...values,
  });
}
