import { describe, expect, test } from "vitest";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { DistinctMemberRepository } from "../../domain/image/distinct-member-repository.js";
import { imageToDocument } from "../../domain/image/image-document.js";
import { patchImage } from "../../domain/image/image-patch.js";
import type { Image } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import { FORMATS_OPEN, IMAGE_STATUSES, type ImageStatus } from "../../domain/image/status-machine.js";
import { environment, newImage, onEveryBackend } from "./backends.js";
import { imageIn } from "./two-writers.js";

/** Text of characters that take 4 bytes, and two units of JavaScript. */
const wide = (length: number): string => "🎉".repeat(length);

/** Each attribute with values from inside its limits, and from beyond. */
const ATTRIBUTES: readonly (readonly [keyof Image, readonly unknown[], readonly unknown[]])[] = [
  ["name", [null, "", "a", wide(255)], [wide(256), 5, "\0"]],
  ["visibility", ["private", "public", "shared", "community"], ["secret", "", null]],
  ["osHidden", [true, false], [1, "true", null]],
  ["protected", [true, false], [0, null]],
  ["minDisk", [0, 1, 2 ** 31 - 1], [-1, 2 ** 31, 0.5, NaN, "1", null]],
  ["minRam", [0, 1, 2 ** 31 - 1], [-1, 2 ** 31, 0.5, Infinity, 1n, null]],
  ["owner", [null, "a", wide(255)], [wide(256), 5]],
  ["diskFormat", ["a", wide(20)], [wide(21), "", " ", "a b", "a\n", 5]],
  ["containerFormat", ["a", wide(20)], [wide(21), "", "\t", 5]],
  ["size", [null, 0, Number.MAX_SAFE_INTEGER], [-1, 0.5, 2 ** 53, "1", 1n]],
  ["virtualSize", [null, 0, Number.MAX_SAFE_INTEGER], [-1, 0.5, 2 ** 53, "1", 1n]],
  ["checksum", [null, "", wide(32)], [wide(33), 5]],
  ["osHashAlgo", [null, "sha512", wide(64)], [wide(65), 5]],
  ["osHashValue", [null, "f".repeat(128), wide(128)], [wide(129), 5]],
];

type Edit = (image: Image) => unknown;

const ENTRIES: readonly (readonly [string, readonly Edit[]])[] = [
  ["property names", ["a", wide(255), "__proto__", "OWNER", "owner "].map((k) => (one: Image) => one.properties.set(k, "v"))], // prettier-ignore
  ["property values", ["", wide(65_535)].map((value) => (one: Image) => one.properties.set("k", value))],
  ["tags", ["a", wide(255), "A", "a "].map((tag) => (one: Image) => one.tags.add(tag))],
  ["location ids", ["a", wide(36)].map((id) => (one: Image) => one.locations.set(id, newLocation("file:///x")))],
  ["location URLs", ["x", wide(4_096)].map((url) => (one: Image) => one.locations.set("x", newLocation(url)))],
  [
    "location statuses",
    (["active", "pending_delete", "deleted"] as const).map(
      (status) => (one: Image) => one.locations.set("x", { ...newLocation("file:///x"), status }),
    ),
  ],
  [
    "location metadata",
    [{}, { [wide(300)]: wide(300), n: [1, null, { x: true }], __proto__x: 0.1 }].map(
      (metadata) => (one: Image) => one.locations.set("x", newLocation("file:///x", metadata)),
    ),
  ],
];

const BEYOND: readonly (readonly [string, Edit, string])[] = [
  ["a property name of none", (one) => one.properties.set("", "v"), 'properties[""]'],
  ["a property name of 256", (one) => one.properties.set(wide(256), "v"), `properties["${wide(256)}"]`],
  ["a property value of 65,536", (one) => one.properties.set("k", wide(65_536)), 'properties["k"]'],
  ["a property that is no text", (one) => one.properties.set("k", 5 as never), 'properties["k"]'],
  ["a tag of none", (one) => one.tags.add(""), 'tags[""]'],
  ["a tag of 256", (one) => one.tags.add(wide(256)), `tags["${wide(256)}"]`],
  ["a location id of 37", (one) => one.locations.set(wide(37), newLocation("x")), `locations["${wide(37)}"]`],
  ["a location URL of none", (one) => one.locations.set("x", newLocation("")), 'locations["x"]'],
  ["a location URL of 4,097", (one) => one.locations.set("x", newLocation(wide(4_097))), 'locations["x"]'],
  ["an unknown status of a location", (one) => (one.locations.get("one")!.status = "lost" as "active"), 'locations["one"]'], // prettier-ignore
  ["a URL and metadata of another, by an edit of the URL", (one) => (one.locations.get("two")!.url = "file:///1"), 'locations["two"]'], // prettier-ignore
  ["a URL and metadata of another, by an edit of the metadata", (one) => (one.locations.get("like one")!.metadata = {}), 'locations["like one"]'], // prettier-ignore
];

const RESERVED = ["owner", "locations", "deleted", "deleted_at", "direct_url", "self", "file", "schema"];

describe("limits of images, from both sides", () => {
  onEveryBackend((clients) => {
    /** An image whose sizes and formats may change. */
    const sample = (status: ImageStatus = "importing"): Image => {
      const image = imageIn(status, { name: "old", tags: ["t"], properties: [["k", "v"]] })();
      image.locations.set("one", newLocation("file:///1"));
      image.locations.set("two", newLocation("file:///2"));
      image.locations.set("like one", newLocation("file:///1", { a: 1 }));
      return image;
    };

    async function expectRefused(edit: Edit, path: string): Promise<void> {
      const { a, b } = clients();
      const image = sample();
      await a.add(image);
      const stored = imageToDocument(await b.get(image.id));
      edit(image);
      const edited = imageToDocument(image);
      const refused = { code: "INVALID_VALUE", faults: [{ path }] };
      await expect(a.save(image)).rejects.toMatchObject(refused);
      expect(imageToDocument(image)).toEqual(edited);
      expect(imageToDocument(await b.get(image.id))).toEqual(stored);
      const added = sample();
      edit(added);
      await expect(a.add(added)).rejects.toMatchObject(refused);
      expect(await b.find(added.id)).toBeUndefined();
    }

    test.each(ATTRIBUTES)(
      "%s: what is inside comes back whole, saved and added; what is beyond is refused",
      async (name, inside, beyond) => {
        const { a, b } = clients();
        const saved = sample();
        await a.add(saved);
        for (const value of inside) {
          Object.assign(saved, { [name]: value });
          await a.save(saved);
          const added = Object.assign(sample(), { [name]: value });
          await a.add(added);
          for (const { id } of [saved, added]) expect((await b.get(id))[name]).toBe(value);
          expect(imageToDocument(await b.get(added.id))).toEqual(imageToDocument(added));
        }
        for (const value of beyond) await expectRefused((image) => Object.assign(image, { [name]: value }), name);
      },
    );

    test.each(ENTRIES)("%s come back whole, saved and added", async (_, edits) => {
      const { a, b } = clients();
      for (const edit of edits) {
        const [saved, added] = [sample(), sample()];
        await a.add(saved);
        for (const image of [saved, added]) edit(image);
        await a.save(saved);
        await a.add(added);
        for (const image of [saved, added]) {
          expect(imageToDocument(await b.get(image.id))).toEqual(imageToDocument(image));
        }
      }
    });

    test.each(BEYOND)("%s is refused, and nothing changes", (_, edit, path) => expectRefused(edit, path));

    test.each(RESERVED)("%s is no name of a property, however it is set", async (name) => {
      const { a, gateways } = clients();
      const reason = `key: a property name that is not reserved (${RESERVED.join(", ")}), got ${name}`;
      const refused = { code: "INVALID_VALUE", faults: [{ path: `properties["${name}"]`, reason }] };
      const image = sample();
      image.owner = "me";
      await a.add(image);
      for (const images of [gateways[0].images, gateways[0].visibleTo({ owner: "me", isAdmin: false })]) {
        await expect(images.setPropertyAtomic(image.id, name, "x")).rejects.toMatchObject(refused);
        const set = images.update(image.id, (one) => void one.properties.set(name, "x"));
        await expect(set).rejects.toMatchObject(refused);
        const patched = images.update(image.id, (one) =>
          patchImage(one, [{ op: "add", path: `/properties/${name}`, value: "x" }]),
        );
        await expect(patched).rejects.toMatchObject(refused);
      }
      expect([...(await a.get(image.id)).properties]).toEqual([["k", "v"]]);
    });

    test.each(["", wide(256)])("nor can one be set atomically whose name has %# characters", async (name) => {
      const { a } = clients();
      const image = sample();
      await a.add(image);
      await expect(a.setPropertyAtomic(image.id, name, "x")).rejects.toMatchObject({ code: "INVALID_VALUE" });
      expect((await a.get(image.id)).properties.size).toBe(1);
    });

    test.each(IMAGE_STATUSES.filter((status) => status !== "deleted"))(
      "formats of an image that is %s change where its data is not in use",
      async (status) => {
        const { a, b } = clients();
        for (const name of ["diskFormat", "containerFormat"] as const) {
          const image = sample(status);
          await a.add(image);
          const before = image[name];
          image[name] = "other";
          if (FORMATS_OPEN.includes(status)) await a.save(image);
          else {
            const reason = `changes in queued and importing only, is ${status}`;
            await expect(a.save(image)).rejects.toMatchObject({
              code: "INVALID_VALUE",
              faults: [{ path: name, reason }],
            });
          }
          expect((await b.get(image.id))[name]).toBe(FORMATS_OPEN.includes(status) ? "other" : before);
        }
      },
    );

    test("a quota of -1 is none", async () => {
      const { a, b, stores, memberStores } = clients();
      const none = { properties: -1, tags: -1, locations: -1 };
      const images = new DistinctImageRepository(stores[0], environment, none);
      const names = Array.from({ length: 129 }, (_, index) => `n${index}`);
      const image = newImage({
        properties: names.map((name) => [name, ""] as const),
        tags: names,
        locations: names.slice(0, 11).map((name) => [name, newLocation(`file:///${name}`)] as const),
      });
      await expect(a.add(image)).rejects.toMatchObject({
        faults: [{ path: "properties" }, { path: "tags" }, { path: "locations" }],
      });
      await images.add(image);
      await images.update(image.id, (one) => void one.tags.add("one more"));
      const now = await b.get(image.id);
      expect([now.properties.size, now.tags.size, now.locations.size]).toEqual([129, 130, 11]);
      const members = new DistinctMemberRepository(memberStores[0], environment, -1);
      await Promise.all(names.map((name) => members.add(image.id, name)));
      expect(await members.list(image.id)).toHaveLength(129);
      await expect(clients().members[1].add(image.id, "late")).rejects.toMatchObject({ faults: [{ path: "members" }] });
    });

    test("members: ids from 1 to 255 characters, statuses that there are, and the image's version stays", async () => {
      const { a, b, members } = clients();
      const image = sample();
      await a.add(image);
      for (const id of ["m", wide(255)]) {
        const member = await members[0].add(image.id, id);
        for (const status of ["accepted", "rejected", "pending"] as const) {
          member.status = status;
          await members[0].save(member);
          expect(await members[1].get(image.id, id)).toMatchObject({ memberId: id, status });
        }
        member.status = "lost" as "pending";
        await expect(members[0].save(member)).rejects.toMatchObject({
          code: "INVALID_VALUE",
          faults: [{ path: "status" }],
        });
      }
      for (const id of ["", wide(256)]) {
        await expect(members[0].add(image.id, id)).rejects.toMatchObject({ code: "INVALID_VALUE" });
      }
      expect((await members[1].list(image.id)).map(({ memberId }) => memberId).sort()).toEqual(["m", wide(255)]);
      expect(b.versionOf(await b.get(image.id))).toBe(1);
    });

    test("a JSON Patch is stored as it is, beside what others wrote meanwhile", async () => {
      const { a, b } = clients();
      const image = sample();
      await a.add(image);
      const [patched, rival] = [await a.get(image.id), await b.get(image.id)];
      patchImage(patched, [
        { op: "replace", path: "/name", value: "patched" },
        { op: "remove", path: "/owner" },
        { op: "add", path: "/properties/a~1b", value: "1" },
        { op: "remove", path: "/properties/k" },
        { op: "add", path: "/tags/-", value: "new" },
        { op: "add", path: "/locations/1/metadata/deep", value: [1] },
        { op: "remove", path: "/locations/2" },
        { op: "add", path: "/locations/0", value: { id: "first", url: "file:///0" } },
      ]);
      rival.minRam = 5;
      rival.tags.add("theirs");
      await b.save(rival);
      await a.save(patched);
      const { createdAt, ...now } = imageToDocument(await b.get(image.id));
      expect(createdAt).toBe(image.createdAt.toISOString());
      expect(now).toMatchObject({
        name: "patched",
        owner: null,
        minRam: 5,
        properties: { "a/b": "1" },
        tags: ["new", "t", "theirs"],
        locations: [
          { id: "first", url: "file:///0", metadata: {}, status: "active" },
          { id: "one", url: "file:///1", metadata: {}, status: "active" },
          { id: "two", url: "file:///2", metadata: { deep: [1] }, status: "active" },
        ],
      });
      expect(Object.keys(now.properties as object)).toEqual(["a/b"]);
    });

    test("a list has 25 unless told otherwise, the newest first, and images of one time by their ids", async () => {
      const { a } = clients();
      const owner = `owner ${Math.random()}`;
      const all = Array.from({ length: 26 }, (_, index) => {
        const image = newImage({ owner, name: index % 2 ? "even" : "odd" });
        image.createdAt = new Date(Date.UTC(2026, 0, 1 + (index % 3)));
        return image;
      });
      await a.addAll(all);
      const where = { owner: { eq: owner } };
      const byTime = [...all].sort((one, other) => {
        return one.createdAt.getTime() - other.createdAt.getTime() || (one.id < other.id ? -1 : 1);
      });
      const ids = (images: readonly Image[]): string[] => images.map(({ id }) => id);
      const page = await a.list({ where });
      expect(ids(page.records)).toEqual(ids([...byTime].reverse().slice(0, 25)));
      expect(page.next).toBe(page.records[24]!.id);
      expect(ids((await a.list({ where, after: page.next })).records)).toEqual(ids(byTime.slice(0, 1)));
      const named = (name: string): Image[] => byTime.filter((image) => image.name === name);
      const ascending = await a.list({ where, sort: [{ by: "name" }], limit: 26 });
      expect(ids(ascending.records)).toEqual(ids([...named("even"), ...named("odd")]));
      const descending = await a.list({ where, sort: [{ by: "name", order: "desc" }], limit: 26 });
      expect(ids(descending.records)).toEqual(ids([...named("odd").reverse(), ...named("even").reverse()]));
    });
  });
});
