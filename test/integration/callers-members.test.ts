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
      await expect(mine!.save(byMember)).rejects.toMatchObject(FORBIDDEN);
      await expect(gateway.membersVisibleTo(OTHER).save(byMember)).rejects.toMatchObject(MISSING);
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
    });
  });
});
