import { describe, expect, test } from "vitest";
import { PhotoDesk } from "../../../support/photo-desk.js";
import type { Photo } from "../../../support/photo.js";

function thrown(): never {
  throw new Error("inside");
}

let reads = 0;
const other = (): unknown => (reads++ === 0 ? 1 : new Map([["never", "checked"]]));

const THROWS = "JSON, got a value with a member that throws when it is read";
const COMPUTED = "plain JSON, got a member with a getter at ";

/** A value whose member cannot be read, or is another one at each read. */
const UNREADABLE: [name: string, value: () => unknown, reason: string][] = [
  ["a proxy that throws", () => ({ a: new Proxy({ b: 1 }, { get: thrown }) }), THROWS],
  ["a getter that throws", () => ({ a: Object.defineProperty({}, "b", { enumerable: true, get: thrown }) }), `${COMPUTED}.a.b`],
  ["an array with one", () => [Object.defineProperty({}, "b", { enumerable: true, get: thrown })], `${COMPUTED}[0].b`],
  ["a getter that answers otherwise each time", () => ({ get a() { return other(); } }), `${COMPUTED}.a`],
  ["an element that does", () => ({ a: Object.defineProperty([0], 0, { enumerable: true, get: other }) }), `${COMPUTED}.a[0]`],
]; // prettier-ignore

const WRITES: [name: string, write: (desk: PhotoDesk, photo: Photo, metadata: never) => Promise<unknown>][] = [
  ["create", async ({ photos }, _, metadata) => photos.create({ id: "p1", metadata })],
  ["add", ({ photos }, { ...values }, metadata) => photos.add({ ...values, metadata })],
  ["save", ({ photos }, photo, metadata) => photos.save(Object.assign(photo, { metadata }))],
  ["changes", async ({ photos }, photo, metadata) => photos.changes(Object.assign(photo, { metadata }))],
];

describe.each(UNREADABLE)("JSON with %s", (_, value, reason) => {
  test.each(WRITES)("%s: is refused with its record and attribute, and nothing is written", async (_name, write) => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    const before = desk.store.calls.length;
    reads = 0;
    await expect(write(desk, photo, value() as never)).rejects.toMatchObject({
      code: "INVALID_VALUE",
      id: "p1",
      faults: [{ path: "metadata", reason }],
    });
    expect(desk.store.calls.slice(before)).toEqual([]);
  });
});
