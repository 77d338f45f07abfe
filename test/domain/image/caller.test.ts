import { describe, expect, test } from "vitest";
import { mayChange, mayGet, type Caller } from "../../../domain/image/caller.js";
import type { Image } from "../../../domain/image/image-type.js";

const ME: Caller = { owner: "me", isAdmin: false };
const ADMIN: Caller = { owner: "admin", isAdmin: true };
const STRANGER: Caller = { owner: null, isAdmin: false };

const CASES: readonly (readonly [Image["visibility"], string | null, readonly boolean[]])[] = [
  // seen by: me, me as a member, somebody unknown, an admin
  ["private", "me", [true, true, false, true]],
  ["private", "you", [false, false, false, true]],
  ["private", null, [true, true, true, true]],
  ["shared", "you", [false, true, false, true]],
  ["community", "you", [true, true, true, true]],
  ["public", "you", [true, true, true, true]],
];

describe("what a caller may", () => {
  test.each(CASES)("see of %s images of %s", (visibility, owner, seen) => {
    const image = { visibility, owner };
    for (const status of ["pending", "accepted", "rejected"] as const) {
      expect([
        mayGet(ME, image, undefined),
        mayGet(ME, image, status),
        mayGet(STRANGER, image, undefined),
        mayGet(ADMIN, image, undefined),
      ]).toEqual(seen);
    }
  });

  test("change: its own, an admin everything, somebody unknown nothing", () => {
    const owners = ["me", "you", null];
    const changed = (caller: Caller): boolean[] => owners.map((owner) => mayChange(caller, { owner }));
    expect([changed(ME), changed(ADMIN), changed(STRANGER)]).toEqual([
      [true, false, false],
      [true, true, true],
      [false, false, false],
    ]);
  });
});
