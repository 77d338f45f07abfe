import { describe, expect, test } from "vitest";
import type { DistinctionError } from "../../domain/distinction/errors.js";
import type { ImageGateway } from "../../domain/image/image-gateway.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import type { Caller } from "../../domain/image/caller.js";
import { newImage, onEveryBackend } from "./backends.js";
import { ME } from "./callers.js";

/** Turns of each side; the other side is at work as long as this one. */
const TURNS = 60;

const YOU = { owner: "you", isAdmin: false };

describe("visibility that changes while others list and save", () => {
  onEveryBackend((clients) => {
    const [ours, theirs] = [(): ImageGateway => clients().gateways[0], (): ImageGateway => clients().gateways[1]];

    async function stored(values: NewImage): Promise<Image> {
      const image = newImage(values);
      await theirs().images.add(image);
      return image;
    }

    /** Runs `turn` again and again for as long as `work` takes. */
    async function beside(turn: (index: number) => Promise<unknown>, work: () => Promise<void>): Promise<void> {
      let isOver = false;
      const turns = (async () => {
        for (let index = 0; !isOver; index++) await turn(index);
      })();
      try {
        await work();
      } finally {
        isOver = true;
        await turns;
      }
    }

    test("an image that goes from one kind to another and back is listed once, always", async () => {
      const { id } = await stored({ owner: "you", visibility: "shared" });
      const member = await theirs().members.add(id, "me");
      member.status = "accepted";
      await theirs().members.save(member);
      const flip = (): Promise<unknown> =>
        theirs().images.update(id, (image) => {
          image.visibility = image.visibility === "public" ? "shared" : "public";
        });
      await beside(flip, async () => {
        for (let turn = 0; turn < TURNS; turn++) {
          const { records } = await ours()
            .visibleTo(ME)
            .list({ where: { id: { eq: id } } });
          expect(records.map((image) => image.id)).toEqual([id]);
        }
      });
    });

    test("an image that goes private with a secret, and back without it, is never seen with it", async () => {
      const { id } = await stored({ owner: "you", visibility: "public" });
      const flip = (index: number): Promise<unknown> =>
        theirs().images.update(id, (image) => {
          image.visibility = index % 2 === 0 ? "private" : "public";
          if (index % 2 === 0) image.properties.set("password", "hunter2");
          else image.properties.delete("password");
        });
      const images = ours().visibleTo(ME);
      await beside(flip, async () => {
        for (let turn = 0; turn < TURNS; turn++) {
          const [listed, found] = await Promise.all([images.list({ where: { id: { eq: id } } }), images.find(id)]);
          for (const image of [...listed.records, ...(found === undefined ? [] : [found])]) {
            expect([image.visibility, image.properties.size]).toEqual(["public", 0]);
          }
        }
      });
    });

    test("an image that comes and goes between two owners: each writes it while it is its own, and sees no secret of the other", async () => {
      const { id } = await stored({ owner: "me", visibility: "private" });
      const hand = (index: number): Promise<unknown> =>
        theirs().images.update(id, (image) => {
          image.owner = index % 2 === 0 ? "you" : "me";
          image.properties.set("secret of", image.owner);
        });
      const write = ({ owner }: Caller, turn: number): Promise<string> => {
        const update = ours()
          .visibleTo({ owner, isAdmin: false })
          .update(id, (image) => {
            expect([image.owner, image.properties.get("secret of") ?? owner]).toEqual([owner, owner]);
            image.tags.delete(`${owner} ${turn - 1}`);
            image.tags.add(`${owner} ${turn}`);
          });
        return update.then(
          () => "saved",
          (error: DistinctionError) => error.code,
        );
      };
      for (let turn = 0; turn < TURNS; turn++) {
        const [, mine, yours] = await Promise.all([hand(turn), write(ME, turn), write(YOU, turn)]);
        for (const outcome of [mine, yours]) expect(["saved", "RECORD_NOT_FOUND"]).toContain(outcome);
        const settled = [await write(ME, turn), await write(YOU, turn)];
        expect(settled).toEqual(turn % 2 === 0 ? ["RECORD_NOT_FOUND", "saved"] : ["saved", "RECORD_NOT_FOUND"]);
      }
    });

    test("a member that leaves while it lists is seen by it or not, and fails nothing", async () => {
      const { id } = await stored({ owner: "you", visibility: "shared" });
      const share = async (index: number): Promise<void> => {
        if (index % 2 === 1) return theirs().members.remove(await theirs().members.get(id, "me"));
        const member = await theirs().members.add(id, "me");
        member.status = "accepted";
        await theirs().members.save(member);
      };
      await beside(share, async () => {
        for (let turn = 0; turn < TURNS; turn++) {
          const { records } = await ours()
            .visibleTo(ME)
            .list({ where: { id: { eq: id } } });
          expect(records.length).toBeLessThanOrEqual(1);
        }
      });
    });
  });
});
