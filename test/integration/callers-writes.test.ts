import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import type { ImageGateway } from "../../domain/image/image-gateway.js";
import type { ImageRepository } from "../../domain/image/image-repository.js";
import { READ_ONLY_ATTRIBUTES, type Image, type NewImage } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import { patchImage } from "../../domain/image/image-patch.js";
import { newImage, onEveryBackend } from "./backends.js";
import { ADMIN, ME, STRANGER } from "./callers.js";

const FORBIDDEN = { code: "FORBIDDEN" };
const MISSING = { code: "RECORD_NOT_FOUND" };
const INVALID = { code: "INVALID_VALUE" };

describe("what a caller writes", () => {
  onEveryBackend((clients) => {
    const gateway = (): ImageGateway => clients().gateways[0];
    const mine = (): ImageRepository => gateway().visibleTo(ME);

    async function stored(values: NewImage): Promise<Image> {
      const image = newImage(values);
      await gateway().images.add(image);
      return image;
    }

    /** What somebody else makes of an image. */
    function meanwhile(id: string, edit: (image: Image) => void): Promise<unknown> {
      return clients().gateways[1].images.update(id, edit);
    }

    async function expectAsIs(image: Image): Promise<void> {
      const now = await gateway().images.get(image.id);
      expect([now.name, now.owner, [...now.tags], [...now.properties]]).toEqual([
        image.name,
        image.owner,
        [...image.tags],
        [...image.properties],
      ]);
    }

    test("its own images: adds, changes and removes them", async () => {
      const images = mine();
      const image = newImage({ name: "new", owner: "me", visibility: "private" });
      await images.add(image);
      image.name = "renamed";
      await images.save(image);
      await images.update(image.id, (one) => void one.tags.add("t"));
      await images.setPropertyAtomic(image.id, "lock", "held");
      const again = await images.get(image.id);
      expect([again.name, [...again.tags], [...again.properties]]).toEqual(["renamed", ["t"], [["lock", "held"]]]);
      expect((await images.explain(again)).changes).toEqual([]);
      await images.deletePropertyAtomic(image.id, "lock", "held");
      await images.remove(await images.get(image.id));
      expect(await images.find(image.id)).toBeUndefined();
    });

    test.each<[string, NewImage, string | undefined]>([
      ["public", { visibility: "public" }, undefined],
      ["community", { visibility: "community" }, undefined],
      ["pending", { visibility: "shared" }, "pending"],
      ["accepted", { visibility: "shared" }, "accepted"],
      ["nobody's", { owner: null, visibility: "private" }, undefined],
    ])("others' images that it sees are not its to change: %s", async (_, values, membership) => {
      const image = await stored({ owner: "you", name: "as it is", ...values });
      if (membership !== undefined) {
        const member = await gateway().members.add(image.id, "me");
        member.status = membership as "pending" | "accepted";
        await gateway().members.save(member);
      }
      const images = mine();
      const seen = await images.get(image.id);
      seen.owner = "me";
      await expect(images.save(seen)).rejects.toMatchObject(FORBIDDEN);
      await expect(images.explain(seen)).rejects.toMatchObject(FORBIDDEN);
      await expect(images.save(await renamed(images, image.id))).rejects.toMatchObject(FORBIDDEN);
      await expect(images.update(image.id, (one) => void one.tags.add("t"))).rejects.toMatchObject(FORBIDDEN);
      await expect(images.remove(await images.get(image.id))).rejects.toMatchObject(FORBIDDEN);
      await expect(images.setPropertyAtomic(image.id, "k", "v")).rejects.toMatchObject(FORBIDDEN);
      await expect(images.deletePropertyAtomic(image.id, "k", "v")).rejects.toMatchObject(FORBIDDEN);
      await meanwhile(image.id, (one) => void one.properties.set("k", "v"));
      await expect(images.deletePropertyAtomic(image.id, "k", "v")).rejects.toMatchObject(FORBIDDEN);
      await expect(images.deletePropertyAtomic(image.id, "k", "wrong")).rejects.toMatchObject(FORBIDDEN);
      await expect(images.setPropertyAtomic(image.id, "k", "w")).rejects.toMatchObject(FORBIDDEN);
      image.properties.set("k", "v");
      await expectAsIs(image);
    });

    async function renamed(images: ImageRepository, id: string): Promise<Image> {
      const image = await images.get(id);
      image.name = "another's";
      return image;
    }

    test("somebody unknown changes nothing, not even what is nobody's; an admin changes what anybody has", async () => {
      const image = await stored({ owner: null, name: "nobody's" });
      const stranger = gateway().visibleTo(STRANGER);
      await expect(stranger.save(await renamed(stranger, image.id))).rejects.toMatchObject(FORBIDDEN);
      await expect(stranger.add(newImage({ owner: null }))).rejects.toMatchObject(FORBIDDEN);
      await expectAsIs(image);
      await gateway()
        .visibleTo(ADMIN)
        .update(image.id, (one) => void (one.owner = "you"));
      expect((await gateway().images.get(image.id)).owner).toBe("you");
    });

    test("adds images of nobody else", async () => {
      const images = mine();
      await expect(images.add(newImage({ owner: "you" }))).rejects.toMatchObject(FORBIDDEN);
      await expect(images.add(newImage())).rejects.toMatchObject(FORBIDDEN);
      const both = [newImage({ owner: "me" }), newImage({ owner: "you" })];
      await expect(images.addAll(both)).rejects.toMatchObject(FORBIDDEN);
      for (const { id } of both) expect(await gateway().images.find(id)).toBeUndefined();
      await gateway().visibleTo(ADMIN).add(both[1]!);
    });

    test("gives its image to nobody else, whose lists would show it", async () => {
      const image = await stored({ owner: "me" });
      const given = mine().update(image.id, (one) => void (one.owner = "you"));
      await expect(given).rejects.toMatchObject({ ...INVALID, faults: [{ path: "owner", reason: "is read-only" }] });
    });

    test.each(READ_ONLY_ATTRIBUTES)("%s is read-only, for admins as well", async (name) => {
      const image = await stored({ owner: "me", diskFormat: "raw", containerFormat: "bare" });
      const value =
        name === "status" ? "active" : name.endsWith("ize") ? 1 : name.endsWith("At") ? new Date(0) : "forged";
      const faults = expect.arrayContaining([{ path: name, reason: "is read-only" }]) as unknown;
      const readOnly = { ...INVALID, faults };
      for (const caller of [ME, ADMIN]) {
        const images = gateway().visibleTo(caller);
        await expect(
          images.update(image.id, (one) => void Object.assign(one, { [name]: value })),
        ).rejects.toMatchObject({
          ...INVALID,
          faults: expect.arrayContaining([expect.objectContaining({ path: name })]) as unknown,
        });
        const forged = Object.assign(newImage({ owner: "me", diskFormat: "raw", containerFormat: "bare" }), {
          [name]: value,
        });
        await expect(images.add(forged)).rejects.toMatchObject(readOnly);
        await expect(images.addAll([newImage({ owner: "me" }), forged])).rejects.toMatchObject({
          ...INVALID,
          faults: expect.arrayContaining([{ path: `[1].${name}`, reason: "is read-only", id: forged.id }]) as unknown,
        });
        const patch = [{ op: "replace" as const, path: `/${name}`, value: "2020-01-01T00:00:00.000Z" }];
        const patched = images.update(image.id, (one) => patchImage(one, patch, { newId: randomUUID }));
        await expect(patched).rejects.toMatchObject({ code: "INVALID_PATCH" });
      }
      expect(await gateway().images.get(image.id)).toMatchObject({ [name]: image[name] });
    });

    test("what services keep for themselves is neither shown nor written, and outlives what callers do", async () => {
      const image = await stored({ owner: "me", properties: [["k", "v"]] });
      await gateway().images.setPropertyAtomic(image.id, "os_glance_lock", "held");
      const images = mine();
      const { records } = await images.list({ where: { id: { eq: image.id } } });
      for (const seen of [await images.get(image.id), records[0]!, await images.reload(records[0]!)]) {
        expect([...seen.properties]).toEqual([["k", "v"]]);
      }
      await expect(images.setPropertyAtomic(image.id, "os_glance_x", "1")).rejects.toMatchObject(INVALID);
      await expect(images.deletePropertyAtomic(image.id, "os_glance_lock", "held")).rejects.toMatchObject(INVALID);
      await expect(
        images.update(image.id, (one) => void one.properties.set("os_glance_lock", "mine")),
      ).rejects.toMatchObject(INVALID);
      const stale = await images.get(image.id);
      await gateway().images.setPropertyAtomic(image.id, "os_glance_late", "held");
      stale.properties.clear();
      await images.save(stale, { expect: ["name"] });
      const now = await gateway().images.get(image.id);
      expect(Object.fromEntries(now.properties)).toEqual({ os_glance_lock: "held", os_glance_late: "held" });
    });

    test("keeps its quotas, by atomic writes and by images that were loaded in part, too", async () => {
      const images = mine();
      const full = await stored({
        owner: "me",
        properties: Array.from({ length: 128 }, (_, index) => [`p${index}`, "v"] as const),
        locations: [["one", newLocation("file:///1")]],
      });
      await expect(images.setPropertyAtomic(full.id, "more", "v")).rejects.toMatchObject(INVALID);
      const scope = { properties: ["more"], tags: [], locations: [] };
      const { records } = await images.list({ where: { id: { eq: full.id } }, scope });
      records[0]!.properties.set("more", "v");
      await expect(images.save(records[0]!)).rejects.toMatchObject({ code: "NOT_LOADED" });
      const { records: again } = await images.list({ where: { id: { eq: full.id } }, scope });
      again[0]!.name = "renamed";
      await images.save(again[0]!);
      const now = await gateway().images.get(full.id);
      expect([now.name, now.properties.size]).toEqual(["renamed", 128]);
    });

    test("of several who take one property one succeeds, and who takes another is not disturbed", async () => {
      const image = await stored({ owner: "me" });
      const takers = [0, 1, 0, 1].map((client) => clients().gateways[client]!.visibleTo(ME));
      const taken = takers.map((images, index) => images.setPropertyAtomic(image.id, "lock", `taker ${index}`));
      const outcomes = await Promise.allSettled([...taken, mine().setPropertyAtomic(image.id, "other", "v")]);
      const lost = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(lost).toHaveLength(3);
      for (const { reason } of lost) expect(reason).toBeInstanceOf(ConflictError);
      expect((await gateway().images.get(image.id)).properties.size).toBe(2);
    });

    describe("a stale save", () => {
      const secret = (image: Image): void => {
        image.visibility = "private";
        image.name = "secret name";
        image.properties.set("password", "hunter2");
      };

      test("of what went private is a save of nothing: nothing of it shows, not even in a conflict", async () => {
        const image = await stored({ owner: "you", visibility: "public", name: "public" });
        const images = mine();
        const [edited, removed, looked] = [
          await images.get(image.id),
          await images.get(image.id),
          await images.get(image.id),
        ];
        await meanwhile(image.id, secret);
        edited.name = "mine";
        await expect(images.save(edited)).rejects.toMatchObject(FORBIDDEN); // it never was the caller's
        await expect(images.remove(removed)).rejects.toMatchObject(FORBIDDEN);
        await expect(images.reload(looked)).rejects.toMatchObject(MISSING);
        await expect(images.save(looked, { mode: "strict" })).rejects.toMatchObject(MISSING);
        expect([edited.visibility, edited.properties.size]).toEqual(["public", 0]);
      });

      test.each(["save", "strict", "remove", "explained", "together"] as const)(
        "of what became another's is refused: %s",
        async (how) => {
          const image = await stored({ owner: "me", visibility: "private", name: "mine" });
          const other = await stored({ owner: "me" });
          const images = mine();
          const edited = await images.get(image.id);
          await meanwhile(image.id, (one) => (secret(one), (one.owner = "you")));
          edited.name = "still mine";
          const write =
            how === "remove"
              ? images.remove(await unedited(edited))
              : how === "together"
                ? images.update(other.id, async (one) => {
                    one.name = "other";
                    await images.save(edited);
                  })
                : images.save(edited, how === "strict" ? { mode: "strict" } : { expect: ["tags"] });
          await expect(write).rejects.toMatchObject(MISSING);
          const error: unknown = await write.catch((reason: unknown) => reason);
          expect(JSON.stringify(error) + String(error)).not.toMatch(/secret|hunter2/);
          expect(edited.properties.size).toBe(0);
          const now = await gateway().images.get(image.id);
          expect([now.name, now.owner]).toEqual(["secret name", "you"]);
        },
      );

      async function unedited(image: Image): Promise<Image> {
        await Promise.resolve((image.name = "mine"));
        return image;
      }

      test("of what became another's and is still seen is forbidden", async () => {
        const image = await stored({ owner: "me", visibility: "public" });
        const images = mine();
        const edited = await images.get(image.id);
        await meanwhile(image.id, (one) => void (one.owner = "you"));
        edited.name = "still mine";
        await expect(images.save(edited)).rejects.toMatchObject(FORBIDDEN);
      });

      test("of its own merges", async () => {
        const image = await stored({ owner: "me", visibility: "public" });
        const images = mine();
        const edited = await images.get(image.id);
        await meanwhile(image.id, (one) => ((one.visibility = "private"), void one.tags.add("theirs")));
        edited.tags.add("mine");
        await images.save(edited);
        expect([edited.visibility, [...edited.tags].sort()]).toEqual(["private", ["mine", "theirs"]]);
      });

      test("of an update that runs again is refused where the image was taken away meanwhile", async () => {
        const image = await stored({ owner: "me", visibility: "private" });
        let runs = 0;
        const update = mine().update(image.id, async (one) => {
          if (runs++ === 0) await meanwhile(image.id, (other) => (secret(other), (other.owner = "you")));
          one.name = `run ${runs}`;
        });
        await expect(update).rejects.toMatchObject(MISSING);
        expect(runs).toBe(1);
      });
    });

    test("objects of the service or of another caller are unknown", async () => {
      const image = await stored({ owner: "you", visibility: "private" });
      const unknown = { code: "UNTRACKED_RECORD" };
      await expect(mine().save(image)).rejects.toMatchObject(unknown);
      await expect(mine().remove(image)).rejects.toMatchObject(unknown);
      await expect(mine().reload(image)).rejects.toMatchObject(unknown);
    });
  });
});
