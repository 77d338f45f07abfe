import { describe, expect, test } from "vitest";
import { looksLike } from "../../../../domain/distinction/record/untouched.js";
import { PhotoDesk } from "../../../support/photo-desk.js";

const hidden = (value: object): object => Object.defineProperty(value, "kept", { value: 1 });

describe("JSON as it was loaded", () => {
  test.each<[string, (shown: object) => object]>([
    ["a member under a symbol", (shown) => Object.assign(shown, { [Symbol("kept")]: 1 })],
    ["a hidden member", hidden],
    ["a hidden member of an array", (shown) => (hidden((shown as { tags: object }).tags), shown)],
  ])("is untouched no more with %s, and says so where nothing else has changed", async (_, touch) => {
    const shown = { a: 1, tags: ["x"] };
    expect(looksLike(structuredClone(shown), shown)).toBe(true);
    expect(looksLike(touch(structuredClone(shown)), shown)).toBe(false);
    const desk = await PhotoDesk.with({ metadata: shown });
    const photo = await desk.photos.get("p1");
    touch(photo.metadata as object);
    await expect(desk.photos.save(photo)).rejects.toMatchObject({
      code: "INVALID_VALUE",
      faults: [{ path: "metadata", reason: expect.stringContaining("plain JSON") as string }],
    });
  });
});
