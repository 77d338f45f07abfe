import { describe, expect, test } from "vitest";
import { imageFromDocument, imageToDocument } from "../../../domain/image/image-document.js";
import { patchImage, type PatchOptions } from "../../../domain/image/image-patch.js";
import { deactivate, moveTo, reactivate } from "../../../domain/image/image-steps.js";
import type { Image } from "../../../domain/image/image-type.js";
import { memoryGateway, newImage } from "../../support/images.js";

const invalid = (path: string): unknown =>
  expect.objectContaining({ code: "INVALID_VALUE", faults: [expect.objectContaining({ path })] });

describe("what is no image is refused by name", () => {
  test.each<[string, (image: Image) => unknown]>([
    ["moveTo", (image) => moveTo(image, "saving")],
    ["deactivate", (image) => deactivate(image)],
    ["reactivate", (image) => reactivate(image)],
    ["patchImage", (image) => patchImage(image, [])],
    ["imageToDocument", (image) => imageToDocument(image)],
  ])("%s", (_, work) => {
    for (const odd of [null, undefined, 5, "image", {}, []]) {
      expect(() => work(odd as Image)).toThrow(invalid("image"));
    }
  });

  test("imageToDocument, by its times that are none", () => {
    const image = newImage();
    image.updatedAt = new Date(NaN);
    const faults = [{ path: "updatedAt", reason: "a valid Date, got an invalid Date" }];
    const refused = { code: "INVALID_VALUE", record: "image", id: image.id, faults };
    expect(() => imageToDocument(image)).toThrow(expect.objectContaining(refused));
    image.updatedAt = Object.create(Date.prototype) as Date;
    expect(() => imageToDocument(image)).toThrow(invalid("updatedAt"));
  });

  test("imageFromDocument", () => {
    for (const odd of [null, undefined, 5, []]) {
      expect(() => imageFromDocument(odd as never, new Date(0))).toThrow(invalid("document"));
    }
  });

  test("a status that is none leads nowhere, and none leads to it", () => {
    const image = newImage();
    expect(() => moveTo(image, "lost" as "active")).toThrow("queued cannot become lost");
    for (const lost of ["lost", "constructor", null]) {
      image.status = lost as "active";
      expect(() => moveTo(image, "saving")).toThrow(`${lost} cannot become saving`);
    }
  });
});

describe("a patch without options", () => {
  test("patches", () => {
    const image = newImage();
    patchImage(image, [{ op: "replace", path: "/name", value: "new" }]);
    expect(image.name).toBe("new");
  });

  test("needs an id for each location", () => {
    const image = newImage();
    const add = (value: { id?: string; url: string }): void =>
      patchImage(image, [{ op: "add", path: "/locations/-", value }]);
    expect(() => add({ url: "file:///1" })).toThrow(invalid("locations[0].id"));
    expect(image.locations.size).toBe(0);
    add({ id: "one", url: "file:///1" });
    expect([...image.locations.keys()]).toEqual(["one"]);
  });

  test.each([
    [null, "options"],
    [{ newId: "x" }, "newId"],
    [{ newID: () => "x" }, "newID"],
  ])("refuses %o", (options, path) => {
    expect(() => patchImage(newImage(), [], options as PatchOptions)).toThrow(invalid(path));
  });
});

describe("refusals name what they are about", () => {
  test("the image that has as many members as it may", async () => {
    const { images, members } = memoryGateway({ quotas: { members: 0 } });
    const image = newImage();
    await images.add(image);
    await expect(members.add(image.id, "guest")).rejects.toMatchObject({
      id: image.id,
      message: `image ${image.id}: members: at most 0, and there are as many`,
    });
  });

  test("the names and the prefix that are reserved", async () => {
    const { images } = memoryGateway();
    const named = (name: string): Promise<void> => images.add(newImage({ properties: [[name, "x"]] }));
    const list = "owner, locations, deleted, deleted_at, direct_url, self, file, schema";
    await expect(async () => named("self")).rejects.toThrow(`not reserved (${list}), got self`);
    await expect(named("os_glance_x")).rejects.toThrow("services alone use those that begin with os_glance");
  });
});

describe("policies of images", () => {
  test("decide overlaps of the service's and of callers' writes", async () => {
    const gateway = memoryGateway({ policies: { name: "mine", properties: "theirs" } });
    const { images } = gateway;
    for (const repository of [images, gateway.visibleTo({ owner: "me", isAdmin: false })]) {
      const image = newImage({ owner: "me", name: "old", properties: [["k", "old"]] });
      await images.add(image);
      const [first, second] = [await repository.get(image.id), await repository.get(image.id)];
      first.name = "first";
      first.properties.set("k", "first");
      second.name = "second";
      second.properties.set("k", "second");
      await repository.save(first);
      await repository.save(second);
      const now = await images.get(image.id);
      expect([now.name, now.properties.get("k")]).toEqual(["second", "first"]);
    }
  });

  test.each([
    [{ name: "sum" }, "INVALID_RECORD_TYPE", "the policy sum of name would never merge"],
    [{ nmae: "mine" }, "INVALID_RECORD_TYPE", "nmae is named"],
    [{ name: "last" }, "INVALID_RECORD_TYPE", "the policy of name is none of"],
    ["mine", "INVALID_VALUE", "policies: a plain object"],
  ])("%o are refused where they are given", (policies, code, message) => {
    const make = (): unknown => memoryGateway({ policies: policies as object });
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) as string }));
  });
});
