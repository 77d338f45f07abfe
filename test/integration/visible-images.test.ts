import { beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../domain/image/caller.js";
import type { ImageGateway } from "../../domain/image/image-gateway.js";
import type { ImageQuery } from "../../domain/image/image-query.js";
import type { Image } from "../../domain/image/image-type.js";
import { onEveryBackend } from "./backends.js";
import { ADMIN, ME, oneOfEveryKind, STRANGER } from "./callers.js";

const MINE = ["mine community", "mine private", "mine public", "mine shared with me"];
const SHARED = ["accepted", "nobody's shared with me"];
const PUBLIC = ["public", "public after all"];
const LISTED = [...MINE, ...SHARED, ...PUBLIC].sort();

describe("what a caller sees", () => {
  onEveryBackend((clients) => {
    let gateway: ImageGateway;
    let named: ReadonlyMap<string, Image>;
    beforeAll(async () => {
      gateway = clients().gateways[0];
      named = await oneOfEveryKind(gateway);
    });

    async function gettable(caller: Caller): Promise<string[]> {
      const images = gateway.visibleTo(caller);
      const found = await Promise.all([...named.values()].map(({ id }) => images.find(id)));
      return found.flatMap((image) => image?.name ?? []).sort();
    }

    async function listed(caller: Caller, query: ImageQuery = {}): Promise<string[]> {
      const { records } = await gateway.visibleTo(caller).list({ limit: 100, ...query });
      return records.map(({ name }) => name!).sort();
    }

    test("get: what is its own, public, community, nobody's, or shared with it, whatever it made of that", async () => {
      const hidden = ["accepted hidden", "community hidden", "mine hidden", "public hidden"];
      expect(await gettable(ME)).toEqual([...LISTED, ...hidden, "community", "nobody's", "pending", "rejected"].sort());
    });

    test("get, by somebody unknown: what is public, community or nobody's", async () => {
      const mine = ["mine community", "mine public"];
      const hidden = ["community hidden", "public hidden"];
      expect(await gettable(STRANGER)).toEqual(
        [...mine, ...hidden, ...PUBLIC, "community", "nobody's", "nobody's shared with me"].sort(),
      );
    });

    test("an admin gets everything", async () => {
      expect(await gettable(ADMIN)).toHaveLength(named.size);
    });

    test("list: what is its own, public, or shared with it and accepted, none of it hidden, and each once", async () => {
      expect(await listed(ME)).toEqual(LISTED);
      expect(await listed(STRANGER)).toEqual(["mine public", ...PUBLIC]);
      expect(await listed({ owner: "another", isAdmin: false })).toEqual(
        ["mine public", ...PUBLIC, "shared with another"].sort(),
      );
    });

    test("list: hidden images where they are asked for", async () => {
      const hidden = ["accepted hidden", "mine hidden", "public hidden"];
      expect(await listed(ME, { where: { osHidden: { eq: true } } })).toEqual(hidden);
      expect(await listed(ME, { where: { osHidden: { in: [true, false] } } })).toEqual([...LISTED, ...hidden].sort());
    });

    test.each<[string, NonNullable<ImageQuery["where"]>, readonly string[]]>([
      ["public", { visibility: { eq: "public" } }, ["mine public", ...PUBLIC]],
      ["private", { visibility: { eq: "private" } }, ["mine private"]],
      ["shared", { visibility: { eq: "shared" } }, ["mine shared with me", ...SHARED]],
      ["community", { visibility: { eq: "community" } }, ["community", "mine community"]],
      ["two", { visibility: { in: ["community", "private"] } }, ["community", "mine community", "mine private"]],
      [
        "all but one",
        [{ visibility: { neq: "public" } }],
        ["community", ...MINE.filter((name) => name !== "mine public"), ...SHARED],
      ],
      ["none", [{ visibility: { eq: "public" } }, { visibility: { eq: "shared" } }], []],
    ])("list: of the visibility that is asked for, community included: %s", async (_, where, names) => {
      expect(await listed(ME, { where })).toEqual([...names].sort());
    });

    test("list: of an owner that is asked for, what the caller sees", async () => {
      expect(await listed(ME, { where: { owner: { eq: "me" } } })).toEqual(MINE);
      expect(await listed(ME, { where: { owner: { eq: "you" } } })).toEqual(["accepted", ...PUBLIC]);
      expect(await listed(STRANGER, { where: { visibility: { eq: "private" } } })).toEqual([]);
    });

    test("an admin lists everything that is not hidden", async () => {
      expect(await listed(ADMIN)).toHaveLength(named.size - 4);
    });

    test.each([1, 2, 3, 100])("list: pages of %d follow one another in one order, and end", async (limit) => {
      for (const order of ["asc", "desc"] as const) {
        const names = await everyPage({ sort: [{ by: "name", order }], limit });
        expect(names).toEqual(order === "asc" ? LISTED : [...LISTED].reverse());
      }
      expect((await everyPage({ limit })).sort()).toEqual(LISTED);
    });

    async function everyPage(query: ImageQuery): Promise<string[]> {
      const images = gateway.visibleTo(ME);
      const names: string[] = [];
      let after: string | undefined;
      do {
        const page = await images.list({ ...query, after });
        expect(page.records.length).toBeLessThanOrEqual(query.limit!);
        names.push(...page.records.map(({ name }) => name!));
        after = page.next;
      } while (after !== undefined);
      return names;
    }

    test("list: goes on behind an image that the caller sees, and behind no other: its place would tell what it is like", async () => {
      const lost = { code: "MARKER_NOT_FOUND" };
      const names = await gettable(ME);
      for (const [name, { id }] of named) {
        const list = gateway.visibleTo(ME).list({ after: id, limit: 100 });
        if (names.includes(name)) expect((await list).records.map((image) => image.id)).not.toContain(id);
        else await expect(list, name).rejects.toMatchObject(lost);
      }
      const none = gateway
        .visibleTo(STRANGER)
        .list({ after: named.get("mine private")!.id, where: { visibility: { eq: "private" } } });
      await expect(none).rejects.toMatchObject(lost);
      const { id: after } = named.get("private")!;
      const everything = gateway.visibleTo(ADMIN);
      const ids = (await everything.list({ limit: 100 })).records.map(({ id }) => id);
      const behind = (await everything.list({ after, limit: 100 })).records.map(({ id }) => id);
      expect(behind).toEqual(ids.slice(ids.indexOf(after) + 1));
    });

    test("what is not seen is not there, for any use of its id", async () => {
      const images = gateway.visibleTo(ME);
      const { id } = named.get("private")!;
      const missing = { code: "RECORD_NOT_FOUND" };
      await expect(images.get(id)).rejects.toMatchObject(missing);
      await expect(images.update(id, (image) => void (image.name = "x"))).rejects.toMatchObject(missing);
      await expect(images.setPropertyAtomic(id, "k", "v")).rejects.toMatchObject(missing);
      await expect(images.deletePropertyAtomic(id, "k", "v")).rejects.toMatchObject(missing);
      await expect(gateway.membersVisibleTo(ME).list(id)).rejects.toMatchObject(missing);
    });

    test.each<[string, object]>([
      ["no owner", { isAdmin: false }],
      ["an owner that is no text", { owner: 5, isAdmin: false }],
      ["an owner without a name", { owner: "", isAdmin: false }],
      ["rights that are no flag", { owner: "me", isAdmin: "false" }],
      ["no rights", { owner: "me" }],
    ])("a caller is who it clearly is: %s is refused", (_, caller) => {
      const invalid = expect.objectContaining({ code: "INVALID_VALUE" }) as Error;
      expect(() => gateway.visibleTo(caller as Caller)).toThrow(invalid);
      expect(() => gateway.membersVisibleTo(caller as Caller)).toThrow(invalid);
    });

    test("a caller stays who it was, and a comparison with nothing is refused", async () => {
      const caller = { owner: "me" as string | null, isAdmin: false };
      const images = gateway.visibleTo(caller);
      caller.isAdmin = true;
      expect(await images.find(named.get("private")!.id)).toBeUndefined();
      const where = { owner: { eq: undefined as unknown as string } };
      await expect(images.list({ where })).rejects.toMatchObject({ code: "INVALID_VALUE" });
    });
  });
});
