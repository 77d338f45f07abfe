import { describe, expect, test } from "vitest";
import type { UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import type { ImageGateway } from "../../domain/image/image-gateway.js";
import { ImageGateway as Gateway } from "../../domain/image/image-gateway.js";
import { ImageMemberRepositoryProxy } from "../../domain/image/member-repository-proxy.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { environment, newImage, onEveryBackend } from "./backends.js";
import { ME } from "./callers.js";

const MISSING = { code: "RECORD_NOT_FOUND" };
const YOU = { owner: "you", isAdmin: false };

describe("callers' images and members in units of work", () => {
  onEveryBackend((clients) => {
    const gateway = (): ImageGateway => clients().gateways[0];
    const units = (): UnitOfWork => {
      const [database] = clients().databases;
      return database === undefined ? new MemoryUnitOfWork(environment) : new SqlUnitOfWork(database, environment);
    };

    async function stored(values: NewImage): Promise<Image> {
      const image = newImage(values);
      await gateway().images.add(image);
      return image;
    }

    test("see there what they see outside, and write all or nothing", async () => {
      const [mine, hidden] = [
        await stored({ owner: "me", name: "mine" }),
        await stored({ owner: "you", visibility: "private" }),
      ];
      const [images, members] = [gateway().visibleTo(ME), gateway().membersVisibleTo(ME)];
      await units().run(async (tx) => {
        const inside = tx.repository(images);
        await expect(inside.get(hidden.id)).rejects.toMatchObject(MISSING);
        await inside.update(mine.id, (image) => void (image.name = "renamed"));
        await tx.repository(members).add(mine.id, "friend");
        expect(
          (await inside.list({ where: { id: { in: [mine.id, hidden.id] } } })).records.map(({ name }) => name),
        ).toEqual(["renamed"]);
      });
      expect((await images.get(mine.id)).name).toBe("renamed");
      expect(await members.list(mine.id)).toHaveLength(1);
      const undone = units().run(async (tx) => {
        await tx.repository(members).add(mine.id, "another");
        await tx.repository(images).update(hidden.id, () => undefined);
      });
      await expect(undone).rejects.toMatchObject(MISSING);
      expect(await members.list(mine.id)).toHaveLength(1);
    });

    test("members accept there, are counted there, and go there with their image", async () => {
      const image = await stored({ owner: "you" });
      const small = new Gateway(gatewayStores(), { ...environment, newId: () => "none" }, { quotas: { members: 1 } });
      const yours = small.membersVisibleTo(YOU);
      await units().run(async (tx) => {
        const inside = tx.repository(yours);
        await inside.add(image.id, "me");
        await expect(inside.add(image.id, "another")).rejects.toMatchObject({ code: "INVALID_VALUE" });
        await expect(inside.add(image.id, "me")).rejects.toMatchObject({ code: "RECORD_EXISTS" });
      });
      const [images, members] = [gateway().visibleTo(ME), gateway().membersVisibleTo(ME)];
      const seen = await units().run(async (tx) => {
        const member = await tx.repository(members).get(image.id, "me");
        member.status = "accepted";
        await tx.repository(members).save(member);
        return (await tx.repository(images).list({ where: { id: { eq: image.id } } })).records.length;
      });
      expect(seen).toBe(1);
      await units().run(async (tx) => {
        const inside = tx.repository(small.visibleTo(YOU));
        await inside.remove(await inside.get(image.id));
      });
      expect(await gateway().members.list(image.id)).toEqual([]);
    });

    test("units that add members at the same time keep the quota together", async () => {
      const image = await stored({ owner: "you" });
      const quotas = { members: 3 };
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => {
          const small = new Gateway(gatewayStores(), { ...environment, newId: () => "none" }, { quotas });
          const yours = small.membersVisibleTo(YOU);
          return units().run(async (tx) => {
            await tx.repository(small.visibleTo(YOU)).get(image.id); // what follows is not the first it sees
            await tx.repository(yours).add(image.id, `friend ${index}`);
          });
        }),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
      expect(await gateway().members.list(image.id)).toHaveLength(3);
    });

    test("a layer that does not say what it is in a unit is refused there", async () => {
      class Layer extends ImageMemberRepositoryProxy {}
      const run = (layer: ImageMemberRepositoryProxy): Promise<unknown> =>
        units().run(async (tx) => tx.repository(layer).list((await stored({ owner: "me" })).id));
      await expect(run(new Layer(gateway().members))).rejects.toMatchObject({ code: "UNIT_MISUSED" });
      const image = await stored({ owner: "me" });
      const plain = new ImageMemberRepositoryProxy(gateway().members);
      expect(await units().run((tx) => tx.repository(plain).list(image.id))).toEqual([]);
    });

    function gatewayStores(): {
      images: ReturnType<typeof clients>["stores"][0];
      members: ReturnType<typeof clients>["memberStores"][0];
    } {
      return { images: clients().stores[0], members: clients().memberStores[0] };
    }
  });
});
