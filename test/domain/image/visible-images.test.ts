import { beforeEach, describe, expect, test } from "vitest";
import type { ImageGateway } from "../../../domain/image/image-gateway.js";
import type { ImageQuery } from "../../../domain/image/image-query.js";
import { moveTo } from "../../../domain/image/image-steps.js";
import type { Image, NewImage } from "../../../domain/image/image-type.js";
import { memoryGateway } from "../../support/images.js";

const ME = { owner: "me", isAdmin: false };
const ADMIN = { owner: "admin", isAdmin: true };
const STRANGER = { owner: null, isAdmin: false };

/** What there is: of mine, of others, and of nobody, each named for what it is. */
const IMAGES: readonly NewImage[] = [
  { name: "mine private", owner: "me", visibility: "private" },
  { name: "mine public", owner: "me", visibility: "public" },
  { name: "mine hidden", owner: "me", osHidden: true },
  { name: "public", owner: "you", visibility: "public" },
  { name: "public hidden", owner: "you", visibility: "public", osHidden: true },
  { name: "community", owner: "you", visibility: "community" },
  { name: "private", owner: "you", visibility: "private" },
  { name: "shared with nobody", owner: "you" },
  { name: "pending", owner: "you" },
  { name: "accepted", owner: "you" },
  { name: "rejected", owner: "you" },
  { name: "private again", owner: "you", visibility: "private" },
  { name: "nobody's", owner: null, visibility: "private" },
];

describe("what a caller sees", () => {
  let gateway: ImageGateway;
  let named: Map<string, Image>;
  beforeEach(async () => {
    gateway = memoryGateway();
    const images = IMAGES.map((values) => gateway.factory.newImage(values));
    await gateway.images.addAll(images);
    named = new Map(images.map((image) => [image.name!, image]));
    for (const [name, status] of [
      ["pending", "pending"],
      ["accepted", "accepted"],
      ["rejected", "rejected"],
      ["private again", "accepted"],
    ] as const) {
      const member = await gateway.members.add(named.get(name)!.id, "me");
      member.status = status;
      await gateway.members.save(member);
    }
  });

  async function gettable(caller: typeof ME | typeof STRANGER): Promise<string[]> {
    const images = gateway.visibleTo(caller);
    const found = await Promise.all([...named.values()].map(({ id }) => images.find(id)));
    return found.flatMap((image) => image?.name ?? []).sort();
  }

  async function listed(caller: typeof ME | typeof STRANGER, query: ImageQuery = {}): Promise<string[]> {
    const { records } = await gateway.visibleTo(caller).list({ limit: 100, ...query });
    return records.map(({ name }) => name!).sort();
  }

  const MINE = ["mine hidden", "mine private", "mine public"];

  test("get: what is its own, public, community, nobody's, or shared with it, whatever it made of that", async () => {
    expect(await gettable(ME)).toEqual(
      [...MINE, "accepted", "community", "nobody's", "pending", "public", "public hidden", "rejected"].sort(),
    );
  });

  test("get, by somebody unknown: what is public, community or nobody's", async () => {
    expect(await gettable(STRANGER)).toEqual(
      ["community", "nobody's", "public", "public hidden", "mine public"].sort(),
    );
  });

  test("an admin gets everything", async () => {
    expect(await gettable(ADMIN)).toHaveLength(IMAGES.length);
  });

  test("list: what is its own, public, or shared with it and accepted, none of it hidden", async () => {
    expect(await listed(ME)).toEqual(["accepted", "mine private", "mine public", "public"]);
    expect(await listed(STRANGER)).toEqual(["mine public", "public"]);
  });

  test("list: hidden images and community images where they are asked for", async () => {
    expect(await listed(ME, { where: { osHidden: { eq: true } } })).toEqual(["mine hidden", "public hidden"]);
    expect(await listed(ME, { where: { visibility: { eq: "community" } } })).toEqual(["community"]);
    expect(await listed(ME, { where: { visibility: { in: ["community", "public"] } } })).toEqual([
      "community",
      "mine public",
      "public",
    ]);
  });

  test("an admin lists everything that is not hidden", async () => {
    expect(await listed(ADMIN)).toHaveLength(IMAGES.length - 2);
  });

  test.each([1, 2, 3])("list: pages of %d follow one another in one order, and end", async (limit) => {
    const images = gateway.visibleTo(ME);
    const names: (string | null)[] = [];
    let after: string | undefined;
    do {
      const page = await images.list({ sort: [{ by: "name", order: "desc" }], limit, after });
      expect(page.records.length).toBeLessThanOrEqual(limit);
      names.push(...page.records.map(({ name }) => name));
      after = page.next;
    } while (after !== undefined);
    expect(names).toEqual(["public", "mine public", "mine private", "accepted"]);
  });

  test("what is not seen is not there, for any use of its id", async () => {
    const images = gateway.visibleTo(ME);
    const { id } = named.get("private")!;
    const missing = { code: "RECORD_NOT_FOUND" };
    await expect(images.get(id)).rejects.toMatchObject(missing);
    await expect(images.update(id, (image) => moveTo(image, "uploading"))).rejects.toMatchObject(missing);
    await expect(images.setPropertyAtomic(id, "k", "v")).rejects.toMatchObject(missing);
    await expect(images.deletePropertyAtomic(id, "k", "v")).rejects.toMatchObject(missing);
    await gateway.images.update(named.get("public")!.id, (image) => void (image.visibility = "private"));
    const other = await gateway.images.get(named.get("public")!.id);
    await expect(images.reload(other)).rejects.toMatchObject(missing);
  });
});
