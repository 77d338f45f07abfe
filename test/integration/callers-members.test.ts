import { beforeEach, describe, expect, test } from "vitest";
import type { ImageGateway } from "../../domain/image/image-gateway.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import type { ImageMemberRepository } from "../../domain/image/member-repository.js";
import { newImage, onEveryBackend } from "./backends.js";
import { ADMIN, ME, STRANGER } from "./callers.js";

const FORBIDDEN = { code: "FORBIDDEN" };
const MISSING = { code: "RECORD_NOT_FOUND" };
const YOU = { owner: "you", isAdmin: false };
const OTHER = { owner: "other", isAdmin: false };

describe("whom an image is shared with, as callers see it and may say", () => {
  onEveryBackend((clients) => {
    let gateway: ImageGateway;
    /** You own it, and share it with me and another. */
    let image: Image;
    let [mine, yours]: ImageMemberRepository[] = [];
    beforeEach(async () => {
      gateway = clients().gateways[0];
      [mine, yours] = [gateway.membersVisibleTo(ME), gateway.membersVisibleTo(YOU)];
      image = await stored({ owner: "you" });
      for (const id of ["another", "me"]) await yours.add(image.id, id);
    });

    async function stored(values: NewImage): Promise<Image> {
      const image = newImage(values);
      await gateway.images.add(image);
      return image;
    }

    async function seenBy(members: ImageMemberRepository, id = image.id): Promise<string[]> {
      return (await members.list(id)).map(({ memberId }) => memberId);
    }

    test("the owner and admins see all members, a member sees itself, others see none", async () => {
      expect(await seenBy(yours!)).toEqual(["another", "me"]);
      expect(await seenBy(gateway.membersVisibleTo(ADMIN))).toEqual(["another", "me"]);
      expect(await seenBy(mine!)).toEqual(["me"]);
      expect(await mine!.find(image.id, "another")).toBeUndefined();
      await expect(mine!.get(image.id, "another")).rejects.toMatchObject(MISSING);
      expect((await mine!.get(image.id, "me")).status).toBe("pending");
      expect((await yours!.get(image.id, "another")).status).toBe("pending");
      for (const caller of [OTHER, STRANGER]) {
        await expect(gateway.membersVisibleTo(caller).list(image.id)).rejects.toMatchObject(MISSING);
        expect(await gateway.membersVisibleTo(caller).find(image.id, "me")).toBeUndefined();
      }
    });

    test("of a public image others see no members but themselves", async () => {
      await gateway.images.update(image.id, (one) => void (one.visibility = "public"));
      expect(await seenBy(gateway.membersVisibleTo(OTHER))).toEqual([]);
      expect(await seenBy(gateway.membersVisibleTo(STRANGER))).toEqual([]);
      expect(await seenBy(mine!)).toEqual(["me"]);
      expect(await seenBy(yours!)).toEqual(["another", "me"]);
    });

    test("a member accepts and rejects for itself; neither another member nor the owner does it for it", async () => {
      const member = await mine!.get(image.id, "me");
      for (const status of ["accepted", "rejected"] as const) {
        member.status = status;
        await mine!.save(member);
        expect((await gateway.members.get(image.id, "me")).status).toBe(status);
      }
      const [byOwner, byMember] = [
        await yours!.get(image.id, "another"),
        await gateway.members.get(image.id, "another"),
      ];
      byOwner.status = byMember.status = "accepted";
      await expect(yours!.save(byOwner)).rejects.toMatchObject(FORBIDDEN);
      const strange = { code: "UNTRACKED_RECORD" };
      for (const members of [mine!, gateway.membersVisibleTo(OTHER)]) {
        await expect(members.save(byMember)).rejects.toMatchObject(strange);
        await expect(members.remove(byMember)).rejects.toMatchObject(strange);
      }
      expect((await gateway.members.get(image.id, "another")).status).toBe("pending");
      const admins = gateway.membersVisibleTo(ADMIN);
      const byAdmin = await admins.get(image.id, "another");
      byAdmin.status = "accepted";
      await admins.save(byAdmin);
    });

    test("a member of what went private finds it gone", async () => {
      const member = await mine!.get(image.id, "me");
      await gateway.images.update(image.id, (one) => void (one.visibility = "private"));
      member.status = "accepted";
      await expect(mine!.save(member)).rejects.toMatchObject(MISSING);
      await expect(mine!.list(image.id)).rejects.toMatchObject(MISSING);
    });

    test("the owner and admins add and remove members, nobody else does", async () => {
      await expect(mine!.add(image.id, "friend")).rejects.toMatchObject(FORBIDDEN);
      await expect(gateway.membersVisibleTo(OTHER).add(image.id, "other")).rejects.toMatchObject(MISSING);
      await expect(mine!.remove(await mine!.get(image.id, "me"))).rejects.toMatchObject(FORBIDDEN);
      await gateway.membersVisibleTo(ADMIN).add(image.id, "friend");
      await yours!.remove(await yours!.get(image.id, "me"));
      expect(await seenBy(yours!)).toEqual(["another", "friend"]);
    });

    test("a member that is told to be another's changes no rights", async () => {
      const own = await stored({ owner: "me" });
      const [byId, byGetter] = [await mine!.get(image.id, "me"), await mine!.get(image.id, "me")];
      (byId as { imageId: string }).imageId = own.id;
      let looks = 0;
      Object.defineProperty(byGetter, "imageId", { get: () => (looks++ === 0 ? own.id : image.id) });
      for (const member of [byId, byGetter]) {
        await expect(mine!.remove(member)).rejects.toMatchObject(FORBIDDEN);
      }
      const byOwner = await yours!.get(image.id, "another");
      (byOwner as { memberId: string }).memberId = "you";
      byOwner.status = "accepted";
      await expect(yours!.save(byOwner)).rejects.toMatchObject(FORBIDDEN);
      expect(await seenBy(yours!)).toEqual(["another", "me"]);
      expect((await gateway.members.get(image.id, "another")).status).toBe("pending");
    });

    test("an object that names another record by now removes neither", async () => {
      const other = await stored({ owner: "you" });
      const images = gateway.visibleTo(YOU);
      const loaded = await images.get(image.id);
      (loaded as { id: string }).id = other.id;
      const member = await yours!.get(image.id, "me");
      (member as { imageId: string }).imageId = other.id;
      await expect(images.remove(loaded)).rejects.toMatchObject({ code: "INVALID_VALUE", id: image.id, faults: [{ path: "id" }] }); // prettier-ignore
      await expect(yours!.remove(member)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: "imageId" }] }); // prettier-ignore
      expect((await gateway.images.get(image.id)).id).toBe(image.id);
      expect(await seenBy(yours!)).toEqual(["another", "me"]);
    });

    test.each(["private", "public", "community"] as const)(
      "a %s image takes no members, from nobody",
      async (visibility) => {
        const { id } = await stored({ owner: "you", visibility });
        const refused = { code: "INVALID_VALUE", faults: [{ path: "members" }] };
        for (const members of [yours!, gateway.membersVisibleTo(ADMIN), gateway.members]) {
          await expect(members.add(id, "me")).rejects.toMatchObject(refused);
        }
        expect(await gateway.members.list(id)).toEqual([]);
      },
    );

    test("who no longer owns an image when the member is stored adds nobody", async () => {
      const late = clients().gateways[1];
      const { id } = await stored({ owner: "you" });
      await late.images.update(id, (one) => void (one.owner = "other"));
      const admitted = clients().memberStores[0].admit(
        { version: 1, attributes: { imageId: id, memberId: "friend", status: "pending" }, collections: {} },
        { quota: -1, owner: "you" },
      );
      expect(await admitted).toBe("not-owned");
    });

    test("what is shared with somebody is known to that one and to admins", async () => {
      expect(await mine!.imagesSharedWith("me", "pending")).toContain(image.id);
      expect(await gateway.membersVisibleTo(ADMIN).imagesSharedWith("me", "pending")).toContain(image.id);
      expect(await yours!.imagesSharedWith("me", "pending")).toEqual([]);
      expect(await gateway.membersVisibleTo(STRANGER).imagesSharedWith("me", "pending")).toEqual([]);
      await gateway.images.update(image.id, (one) => void (one.visibility = "private"));
      expect(await mine!.imagesSharedWith("me", "pending")).not.toContain(image.id);
      expect(await gateway.membersVisibleTo(ADMIN).imagesSharedWith("me", "pending")).toContain(image.id);
      await gateway.images.update(image.id, (one) => void (one.visibility = "shared"));
      expect(await mine!.imagesSharedWith("me", "pending")).toContain(image.id);
    });
  });
});
