import { describe, expect, test } from "vitest";
import { PhotoDesk } from "../../../support/photo-desk.js";
import type { Photo } from "../../../support/photo.js";

/** A value whose member cannot be read: a getter that fails, or a proxy that was revoked. */
const UNREADABLE: [name: string, value: () => never][] = [
  ["a getter that throws", () => ({ a: { get b(): never { throw new Error("inside"); } } }) as never],
  ["an array with one", () => [Object.defineProperty({}, "b", { enumerable: true, get: () => { throw new Error("inside"); } })] as never],
]; // prettier-ignore

const WRITES: [name: string, write: (desk: PhotoDesk, photo: Photo, metadata: never) => Promise<unknown>][] = [
  ["create", async ({ photos }, _, metadata) => photos.create({ id: "p1", metadata })],
  ["add", ({ photos }, { ...values }, metadata) => photos.add({ ...values, metadata })],
  ["save", ({ photos }, photo, metadata) => photos.save(Object.assign(photo, { metadata }))],
  ["changes", async ({ photos }, photo, metadata) => photos.changes(Object.assign(photo, { metadata }))],
];

describe.each(UNREADABLE)("JSON with %s", (_, value) => {
  test.each(WRITES)("%s: is refused with its record and attribute, and nothing is written", async (_name, write) => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    const before = desk.store.calls.length;
    await expect(write(desk, photo, value())).rejects.toMatchObject({
      code: "INVALID_VALUE",
      id: "p1",
      faults: [{ path: "metadata", reason: "JSON, got a value with a member that throws when it is read" }],
    });
    expect(desk.store.calls.slice(before)).toEqual([]);
  });
});
