import { describe, expect, test } from "vitest";
import { SaveLanes } from "../../../../domain/distinction/save/save-lanes.js";
import { PhotoDesk } from "../../../support/photo-desk.js";
import { photoState } from "../../../support/photo.js";

describe("saves of one record at once through one repository", () => {
  test("start from what the one before stored: one write each, and everybody's change is kept", async () => {
    const { photos, store } = await PhotoDesk.with({ tags: ["old"] });
    const copies = await Promise.all([1, 2, 3].map(() => photos.get("p1")));
    const [title, width, tags] = copies as [(typeof copies)[0], (typeof copies)[0], (typeof copies)[0]];
    title.title = "renamed";
    width.width = 640;
    tags.tags.add("new");
    store.calls.length = 0;
    const results = await Promise.all(copies.map((copy) => photos.save(copy)));
    expect(store.calls).toEqual(["apply", "apply", "apply"]);
    expect(results.map(({ retries }) => retries)).toEqual([0, 1, 1]);
    expect(await photos.get("p1")).toMatchObject({ title: "renamed", width: 640 });
    expect([...tags.tags]).toEqual(["old", "new"]);
    expect(tags).toMatchObject({ title: "renamed", width: 640 });
  });

  test("refuse an overlap with the one before without asking the store", async () => {
    const { photos, store } = await PhotoDesk.with();
    const [one, two] = [await photos.get("p1"), await photos.get("p1")];
    one.title = "one";
    two.title = "two";
    store.calls.length = 0;
    const [first, second] = await Promise.allSettled([photos.save(one), photos.save(two)]);
    expect(first.status).toBe("fulfilled");
    expect(second).toMatchObject({ status: "rejected", reason: { code: "CONFLICT" } });
    expect(store.calls).toEqual(["apply"]);
    expect(two.title).toBe("two");
  });

  test("entries of the one before stay its own", async () => {
    const { photos } = await PhotoDesk.with({ properties: [["k", "1"]] });
    const [one, two] = [await photos.get("p1"), await photos.get("p1")];
    one.properties.set("mine", "1");
    two.title = "two";
    await Promise.all([photos.save(one), photos.save(two)]);
    two.properties.set("theirs", "2");
    await photos.save(two);
    expect([...one.properties.keys()]).toEqual(["k", "mine"]);
    expect([...two.properties.keys()]).toEqual(["k", "mine", "theirs"]);
  });
});

describe("a lane", () => {
  const state = (): ReturnType<typeof photoState> => photoState({ title: "stored" });

  test("goes on after a failure, which tells nothing", async () => {
    const lanes = new SaveLanes();
    const failed = lanes.run("p1", () => Promise.reject(new Error("broken")));
    const next = lanes.run("p1", (before) => Promise.resolve(before));
    await expect(failed).rejects.toThrow("broken");
    expect(await next).toBeUndefined();
  });

  test("is empty again once everybody is through", async () => {
    const lanes = new SaveLanes();
    await lanes.run("p1", async (_, tell) => tell(state));
    await Promise.resolve();
    expect(await lanes.run("p1", (before) => Promise.resolve(before))).toBeUndefined();
  });

  test("does not hold up other records", async () => {
    const lanes = new SaveLanes();
    void lanes.run("p1", () => new Promise(() => undefined));
    expect(await lanes.run("p2", () => Promise.resolve("through"))).toBe("through");
  });
});
