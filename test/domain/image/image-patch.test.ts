import { describe, expect, test } from "vitest";
import { InvalidValueError } from "../../../domain/distinction/errors.js";
import { imageToDocument } from "../../../domain/image/image-document.js";
import { patchImage } from "../../../domain/image/image-patch.js";
import type { Image } from "../../../domain/image/image-type.js";
import type { PatchOperation } from "../../../domain/image/json-patch.js";
import { pointerSteps } from "../../../domain/image/json-pointer.js";
import { newLocation } from "../../../domain/image/location.js";
import { PatchError } from "../../../domain/image/patch-error.js";
import { memoryGateway, newImage } from "../../support/images.js";

function sample(): Image {
  return newImage({
    name: "old",
    owner: "me",
    diskFormat: "raw",
    properties: [
      ["foo", "bar"],
      ["a/b~c", "odd"],
      ["__proto__", "ordinary"],
    ],
    tags: ["b", "a"],
    locations: [
      ["one", newLocation("file:///1", { zone: { id: 1 } })],
      ["two", newLocation("file:///2")],
    ],
  });
}

let ids = 0;
const options = { newId: () => `new-${++ids}` };

function patched(...patch: PatchOperation[]): Image {
  const image = sample();
  patchImage(image, patch, options);
  return image;
}

describe("JSON Patch on an image", () => {
  test("attributes are added, replaced and removed", () => {
    const image = patched(
      { op: "replace", path: "/name", value: "new" },
      { op: "add", path: "/minRam", value: 5 },
      { op: "remove", path: "/owner" },
    );
    expect(image).toMatchObject({ name: "new", minRam: 5, owner: null });
  });

  test("properties, also those whose names a pointer escapes or an object inherits", () => {
    const image = patched(
      { op: "replace", path: "/properties/a~1b~0c", value: "even" },
      { op: "remove", path: "/properties/foo" },
      { op: "replace", path: "/properties/__proto__", value: "still ordinary" },
      { op: "add", path: "/properties/constructor", value: "c" },
    );
    expect([...image.properties].sort()).toEqual([
      ["__proto__", "still ordinary"],
      ["a/b~c", "even"],
      ["constructor", "c"],
    ]);
    expect(({} as Record<string, unknown>).constructor).toBe(Object);
  });

  test("tags as an array in their order", () => {
    const image = patched(
      { op: "remove", path: "/tags/0" },
      { op: "add", path: "/tags/-", value: "c" },
      { op: "replace", path: "/tags/0", value: "z" },
    );
    expect([...image.tags].sort()).toEqual(["c", "z"]);
    expect([...patched({ op: "replace", path: "/tags", value: ["x"] }).tags]).toEqual(["x"]);
    expect(patched({ op: "remove", path: "/tags" }).tags.size).toBe(0);
  });

  test("locations keep their ids, and new ones get one", () => {
    const image = patched(
      { op: "add", path: "/locations/1", value: { url: "file:///between", metadata: {} } },
      { op: "replace", path: "/locations/0/metadata/zone/id", value: 2 },
      { op: "add", path: "/locations/-", value: { id: "mine", url: "file:///last" } },
    );
    expect([...image.locations.values()].map(({ url }) => url)).toEqual([
      "file:///1",
      "file:///between",
      "file:///2",
      "file:///last",
    ]);
    expect([...image.locations.keys()]).toEqual(["one", expect.stringMatching(/^new-/), "two", "mine"]);
    expect(image.locations.get("one")!.metadata).toEqual({ zone: { id: 2 } });
  });

  test("later operations see what earlier ones did", () => {
    const image = patched(
      { op: "add", path: "/properties/k", value: "1" },
      { op: "replace", path: "/properties/k", value: "2" },
      { op: "remove", path: "/locations/0" },
      { op: "remove", path: "/locations/0" },
    );
    expect([image.properties.get("k"), image.locations.size]).toEqual(["2", 0]);
  });

  test("what is stored back is no change", () => {
    const image = patched({ op: "remove", path: "/name" }, { op: "add", path: "/name", value: "old" });
    expect(imageToDocument(image)).toMatchObject({ name: "old" });
  });

  test.each([
    ["no array", { op: "add" }, "an array of operations"],
    ["no object", [null], "operation 0: an object with op and path"],
    ["an unknown op", [{ op: "move", from: "/name", path: "/owner" }], "op: one of add, replace, remove"],
    ["no path", [{ op: "remove" }], "path: a JSON Pointer is needed here"],
    ["a pointer without a slash", [{ op: "remove", path: "name" }], "no JSON Pointer"],
    ["a pointer with a stray tilde", [{ op: "remove", path: "/properties/~2" }], "no JSON Pointer"],
    ["the whole image", [{ op: "replace", path: "", value: {} }], "patched by its members"],
    ["no value", [{ op: "add", path: "/name" }], "value: is needed here"],
    ["no JSON", [{ op: "add", path: "/name", value: () => 1 }], "value: JSON, got function"],
    ["__proto__", [{ op: "add", path: "/__proto__/polluted", value: 1 }], "no such attribute"],
    ["constructor", [{ op: "add", path: "/constructor", value: 1 }], "no such attribute"],
    ["__proto__ on the way", [{ op: "add", path: "/locations/0/__proto__/x", value: 1 }], "no such parent"],
    ["an unknown attribute", [{ op: "add", path: "/colour", value: 1 }], "no such attribute"],
    ["a read-only attribute", [{ op: "replace", path: "/status", value: "active" }], "status is read-only"],
    ["the id", [{ op: "replace", path: "/id", value: "x" }], "id is read-only"],
    ["a member of an attribute", [{ op: "add", path: "/name/0", value: "x" }], "name has no members"],
    ["a property that is not there", [{ op: "replace", path: "/properties/x", value: "y" }], "nothing to replace"],
    ["an index past the end", [{ op: "add", path: "/tags/3", value: "x" }], "an index from 0 to 2 or -"],
    [
      "what is in an empty array",
      [
        { op: "remove", path: "/tags" },
        { op: "remove", path: "/tags/0" },
      ],
      "array is empty",
    ],
    ["an index with a zero before it", [{ op: "remove", path: "/tags/01" }], "an index from 0 to 1"],
  ])("%s is refused, and the image stays as it is", (_, patch, reason) => {
    const image = sample();
    const before = imageToDocument(image);
    const good = { op: "replace", path: "/name", value: "half" };
    const all = Array.isArray(patch) ? ([good, ...(patch as unknown[])] as PatchOperation[]) : patch;
    const error = errorOf(() => patchImage(image, all as PatchOperation[], options));
    expect(error).toBeInstanceOf(PatchError);
    expect(error).toMatchObject({ code: "INVALID_PATCH", message: expect.stringContaining(shifted(reason)) as string });
    expect(imageToDocument(image)).toEqual(before);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test.each([
    ["a value of another type", "/minRam", "much", "minRam"],
    ["a value beyond its column", "/name", "x".repeat(256), "name"],
    ["null where none is allowed", "/protected", null, "protected"],
    ["a reserved property", "/properties/owner", "x", 'properties["owner"]'],
    ["a property of the services", "/properties/os_glance_x", "x", 'properties["os_glance_x"]'],
    ["a property that is no text", "/properties/n", 5, 'properties["n"]'],
    ["a location without a URL", "/locations/-", {}, 'locations["new-'],
    ["a location that is there already", "/locations/-", { url: "file:///2" }, 'locations["new-'],
    ["tags that are no array", "/tags", "x", "tags"],
  ])("%s breaks a rule, and the image stays as it is", (_, path, value, attribute) => {
    const image = sample();
    const before = imageToDocument(image);
    const patch: PatchOperation[] = [
      { op: "replace", path: "/name", value: "half" },
      { op: "add", path, value },
    ];
    const error = errorOf(() => patchImage(image, patch, options));
    expect(error).toBeInstanceOf(InvalidValueError);
    expect((error as InvalidValueError).faults[0]!.path).toContain(attribute);
    expect(imageToDocument(image)).toEqual(before);
  });

  test("quotas are left to the repository that saves the image, whichever it has", async () => {
    const image = newImage({ tags: Array.from({ length: 200 }, (_, index) => `t${index}`) });
    patchImage(image, [{ op: "add", path: "/tags/-", value: "one more" }]);
    await memoryGateway({ quotas: { tags: 201 } }).images.add(image);
    const refused = memoryGateway({ quotas: { tags: 200 } }).images.add(image);
    await expect(refused).rejects.toThrow("tags: at most 200, got 201");
  });

  test("a hole in a patch is no operation", () => {
    expect(errorOf(() => patchImage(sample(), new Array<PatchOperation>(1)))).toMatchObject({
      code: "INVALID_PATCH",
      operation: 0,
      reason: "an object with op and path",
    });
  });

  test("what services keep for themselves is neither shown nor lost", () => {
    const image = sample();
    image.properties.set("os_glance_lock", "taken");
    patchImage(image, [{ op: "replace", path: "/properties", value: { only: "this" } }], options);
    expect(Object.fromEntries(image.properties)).toEqual({ only: "this", os_glance_lock: "taken" });
    expect(imageToDocument(image).properties).toEqual({ only: "this" });
  });
});

test("pointers, as RFC 6901 has them", () => {
  expect(["", "/", "/a~1b", "/m~0n", "/~01", "/a//b"].map(pointerSteps)).toEqual([
    [],
    [""],
    ["a/b"],
    ["m~n"],
    ["~1"],
    ["a", "", "b"],
  ]);
  expect(["a", "#/a", "/~", "/~2"].map(pointerSteps)).toEqual([undefined, undefined, undefined, undefined]);
});

function shifted(reason: string): string {
  return reason.replace("operation 0", "operation 1");
}

function errorOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
