import { describe, expect, test } from "vitest";
import type { ChangeSet } from "../../../domain/distinction/diff/change-set.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { ApplyOutcome } from "../../../domain/distinction/record-store.js";
import type { SaveOptions, SaveResult } from "../../../domain/distinction/save/save-options.js";
import type { Caller } from "../../../domain/image/caller.js";
import { ImageFactoryProxy } from "../../../domain/image/image-factory-proxy.js";
import { ImageGateway, type ImageGatewayOptions, type ImageLayer } from "../../../domain/image/image-gateway.js";
import { ImageProxy } from "../../../domain/image/image-proxy.js";
import type { ImageQuotas } from "../../../domain/image/image-quotas.js";
import type { ImageRepository } from "../../../domain/image/image-repository.js";
import { ImageRepositoryProxy } from "../../../domain/image/image-repository-proxy.js";
import { imageType, type Image } from "../../../domain/image/image-type.js";
import { ImageMemberRepositoryProxy } from "../../../domain/image/member-repository-proxy.js";
import type { ImageMember } from "../../../domain/image/member-type.js";
import { memoryImages } from "../../../infrastructure/memory/memory-images.js";
import { MemoryRecordStore } from "../../../infrastructure/memory/memory-record-store.js";
import { environment, memoryGateway, newImage } from "../../support/images.js";

/** A layer of a service's own: tells of every image that was saved, with what changed. */
type Mutation = Parameters<ImageRepository["update"]>[1];

function notifier(notes: string[]): ImageLayer {
  class Notifier extends ImageRepositoryProxy {
    override async save(image: Image, options?: SaveOptions): Promise<SaveResult> {
      const changed = this.inner.changes(this.taken(image)).changes.length;
      const result = await super.save(image, options);
      notes.push(`${image.name}: ${changed}`);
      return result;
    }

    /** Goes past `save`. */
    override async update(id: string, mutate: Mutation, options?: SaveOptions): Promise<SaveResult> {
      const result = await super.update(id, mutate, options);
      if (result.written) notes.push("updated");
      return result;
    }
  }
  class MemberNotifier extends ImageMemberRepositoryProxy {
    override async add(imageId: string, memberId: string): Promise<ImageMember> {
      const member = await super.add(imageId, memberId);
      notes.push(`shared with ${memberId}`);
      return member;
    }
  }
  return { images: (inner) => new Notifier(inner), members: (inner) => new MemberNotifier(inner) };
}

/** A layer that puts a proxy of its own around each image. */
function shouting(log: string[]): ImageLayer {
  class Loud extends ImageProxy {
    override get name(): string | null {
      return super.name;
    }
    override set name(value: string | null) {
      log.push(`named ${value}`);
      super.name = value && value.toUpperCase();
    }
  }
  const wrap = (image: Image): ImageProxy => new Loud(image);
  return {
    factory: (inner) => new ImageFactoryProxy(inner, wrap),
    images: (inner) => new ImageRepositoryProxy(inner, wrap),
  };
}

describe("the gateway", () => {
  test("puts the distinction layer innermost, directly on the store, and the layers around it in their order", async () => {
    const log: string[] = [];
    class Store extends MemoryRecordStore {
      override apply(base: RecordState, changes: ChangeSet): Promise<ApplyOutcome> {
        log.push(`store: ${changes.changes.map((change) => ("attribute" in change ? change.attribute : "")).join()}`);
        return super.apply(base, changes);
      }
    }
    const layer = (name: string): ImageLayer => {
      class Logger extends ImageRepositoryProxy {
        override async save(image: Image, options?: SaveOptions): Promise<SaveResult> {
          log.push(`${name} before`);
          const result = await super.save(image, options);
          log.push(`${name} after`);
          return result;
        }
      }
      return { images: (inner) => new Logger(inner) };
    };
    const stores = { images: new Store(imageType), members: memoryImages().members };
    const gateway = new ImageGateway(
      stores,
      { ...environment, newId: () => "1b4e28ba-2fa1-11d2-883f-0016d3cca427" },
      { layers: [layer("inner"), layer("outer")] },
    );
    const image = gateway.factory.newImage({ name: "a" });
    await gateway.images.add(image);
    image.name = "b";
    await gateway.images.save(image);
    // What reaches the store is a change set already: only the distinction layer makes one, so nothing is inside it.
    expect(log).toEqual(["outer before", "inner before", "store: name,updatedAt", "inner after", "outer after"]);
  });

  test.each<[unknown, string]>([
    [{ quotas: { tags: NaN } }, "tags"],
    [{ quotas: { tags: "5" } }, "tags"],
    [{ quotas: { members: 1.5 } }, "members"],
    [{ quotas: { locations: null } }, "locations"],
    [{ quotas: { tag: 1 } }, "tag"],
    [{ quota: { tags: 1 } }, "quota"],
    [{ quotas: null }, "quotas"],
    [{ layers: "x" }, "layers"],
    [{ layers: [null] }, "layers"],
    [{ layers: [{ image: (inner: unknown) => inner }] }, "layers"],
    [null, "options"],
  ])("refuses the options %o, which would switch something off in silence", (options, path) => {
    const make = (): ImageGateway => memoryGateway(options as ImageGatewayOptions);
    const reason = expect.any(String) as string;
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_VALUE", faults: [{ path, reason }] }));
  });

  test("takes undefined for the default quota, and a negative one for none", async () => {
    const quotas = { tags: undefined, members: undefined, properties: -1 };
    const { images, members } = memoryGateway({ quotas: quotas as unknown as ImageQuotas });
    const numbers = Array.from({ length: 129 }, (_, index) => String(index));
    await expect(images.add(newImage({ tags: numbers }))).rejects.toMatchObject({ faults: [{ path: "tags" }] });
    const image = newImage({ properties: numbers.map((name) => [name, ""] as const) });
    await images.add(image);
    for (const memberId of numbers.slice(1)) await members.add(image.id, memberId);
    await expect(members.add(image.id, "one more")).rejects.toMatchObject({ faults: [{ path: "members" }] });
  });

  test.each([
    null,
    undefined,
    { owner: "\ud800", isAdmin: false },
    { owner: "a\0", isAdmin: false },
    { owner: "x".repeat(256), isAdmin: false },
  ])("refuses the caller %j at the door", (caller) => {
    const code = "INVALID_VALUE";
    expect(() => memoryGateway().visibleTo(caller as Caller)).toThrow(expect.objectContaining({ code }));
    expect(() => memoryGateway().membersVisibleTo(caller as Caller)).toThrow(expect.objectContaining({ code }));
  });

  test("counts no property of the services as a caller's", async () => {
    const { images } = memoryGateway({ quotas: { properties: 2 } });
    const image = newImage({ owner: "me", properties: [["a", ""]] });
    await images.add(image);
    await images.setPropertyAtomic(image.id, "os_glance_lock", "x");
    await images.update(image.id, (one) => void one.properties.set("b", ""));
    const third = images.update(image.id, (one) => void one.properties.set("c", ""));
    await expect(third).rejects.toMatchObject({ faults: [{ path: "properties", reason: "at most 2, got 3" }] });
  });

  test("an atomic property without a text is refused, naming image and property", async () => {
    const gateway = memoryGateway();
    const { images } = gateway;
    const image = newImage();
    await images.add(image);
    const { id } = image;
    const refused = { code: "INVALID_VALUE", id, faults: [{ path: 'properties["a"]' }] };
    await expect(images.setPropertyAtomic(id, "a", undefined as never)).rejects.toMatchObject(refused);
    await expect(images.deletePropertyAtomic(id, "a", undefined as never)).rejects.toMatchObject(refused);
    for (const repository of [images, gateway.visibleTo({ owner: "me", isAdmin: false })]) {
      const nameless = {
        code: "INVALID_VALUE",
        id,
        faults: [{ path: "properties", reason: "text keys, got undefined" }],
      };
      await expect(repository.setPropertyAtomic(id, undefined as never, "v")).rejects.toMatchObject(nameless);
      await expect(repository.deletePropertyAtomic(id, undefined as never, "v")).rejects.toMatchObject(nameless);
    }
  });

  test("an atomic property counts as any other, but for those of the services", async () => {
    const { images } = memoryGateway({ quotas: { properties: 2 } });
    const image = newImage({ properties: [["a", ""]] });
    await images.add(image);
    await images.setPropertyAtomic(image.id, "os_glance_lock", "x");
    await images.setPropertyAtomic(image.id, "b", "");
    const third = images.setPropertyAtomic(image.id, "c", "");
    await expect(third).rejects.toMatchObject({ faults: [{ path: "properties", reason: "at most 2, got 3" }] });
    await images.setPropertyAtomic(image.id, "os_glance_more", "x");
    await images.deletePropertyAtomic(image.id, "a", "");
    await images.setPropertyAtomic(image.id, "c", "");
    expect([...(await images.get(image.id)).properties.keys()].sort()).toEqual([
      "b",
      "c",
      "os_glance_lock",
      "os_glance_more",
    ]);
  });

  test("lets a notifier of the user's own sit on top", async () => {
    const notes: string[] = [];
    const { images, factory, members } = memoryGateway({ layers: [notifier(notes)] });
    const image = factory.newImage({ name: "a" });
    await images.add(image);
    image.minRam = 5;
    image.tags.add("t");
    await images.save(image);
    await members.add(image.id, "guest");
    expect(notes).toEqual(["a: 2", "shared with guest"]);
  });

  test("hands images through proxies of the layers, and takes them off again", async () => {
    const [log, notes]: [string[], string[]] = [[], []];
    const { images, factory } = memoryGateway({ layers: [shouting(log), notifier(notes)] });
    const image = factory.newImage({ name: "a" });
    await images.addAll([image]);
    const loaded = await images.get(image.id);
    loaded.name = "b";
    expect(images.changes(loaded).changes).toMatchObject([{ attribute: "name", to: "B" }]);
    await images.save(loaded);
    await images.update(image.id, (one) => void (one.name = "c"));
    const [listed] = (await images.list()).records;
    expect([listed!.name, log, notes]).toEqual(["C", ["named b", "named c"], ["B: 1", "updated"]]);
    expect((await images.reload(listed!)).name).toBe("C");
    await images.remove(listed!);
    expect(await images.find(image.id)).toBeUndefined();
  });

  test("a proxy passes every attribute and collection, and assignments to them", () => {
    const inner = memoryGateway().factory.newImage();
    const proxy = new ImageProxy(inner) as unknown as Record<string, unknown>;
    const names = [...Object.keys(imageType.attributes), ...Object.keys(imageType.collections)];
    for (const name of names) {
      expect(proxy[name], name).toBe((inner as unknown as Record<string, unknown>)[name]);
      if (name === "id") continue;
      const given = {};
      proxy[name] = given;
      expect((inner as unknown as Record<string, unknown>)[name], name).toBe(given);
    }
  });

  test("a layer that changes nothing changes no refusal either", async () => {
    const image = newImage();
    for (const layers of [
      [],
      [{ images: (inner: ImageRepository) => new ImageRepositoryProxy(inner) }],
      [shouting([])],
    ]) {
      const { images } = memoryGateway({ layers });
      await images.add(image);
      const refused = (path: string): object => ({ code: "INVALID_VALUE", faults: [{ path }] });
      await expect(images.addAll(undefined as never)).rejects.toMatchObject(refused("records"));
      await expect(images.update(image.id, undefined as never)).rejects.toMatchObject(refused("mutate"));
    }
  });

  test("an image within proxies is the same as JSON, with what a layer shows", () => {
    class Named extends ImageProxy {
      override get name(): string {
        return `the ${super.name}`;
      }
    }
    const image = newImage({ name: "a", tags: ["t"], properties: [["p", "v"]] });
    const named = JSON.stringify({ ...image, name: "the a" });
    expect(JSON.stringify(new ImageProxy(new Named(new ImageProxy(image))))).toBe(named);
    expect(JSON.stringify(new ImageProxy(image))).toBe(JSON.stringify(image));
  });

  test("quotas are the service's to set", async () => {
    const { images, factory, members } = memoryGateway({ quotas: { tags: 1, properties: -1, members: 1 } });
    await expect(images.add(factory.newImage({ tags: ["a", "b"] }))).rejects.toMatchObject({
      faults: [{ path: "tags", reason: "at most 1, got 2" }],
    });
    const many = Array.from({ length: 200 }, (_, index) => [`p${index}`, ""] as const);
    const image = factory.newImage({ properties: many });
    await images.add(image);
    await members.add(image.id, "a");
    await expect(members.add(image.id, "b")).rejects.toMatchObject({ faults: [{ path: "members" }] });
  });
});
