import { expect, test } from "vitest";
import { instant } from "../../../../domain/distinction/types/instant-type.js";
import { isUntouched } from "../../../../domain/distinction/record/untouched.js";

const loud = (): never => {
  throw new Error("heard");
};

test("what only inherits from Date is none, and its type is told", () => {
  const none = "a Date, got an object that is no Date";
  expect(instant().fault(Object.create(Date.prototype))).toBe(none);
  expect(instant().fault(new Proxy(new Date(), {}))).toBe(none);
});

test("a Date is read whatever methods it has of its own", () => {
  const time = Object.assign(new Date(Date.UTC(2026, 0, 31)), { getTime: loud, toISOString: loud, valueOf: loud });
  expect(instant().fault(time)).toBeUndefined();
  expect(instant().capture(time)).toBe(Date.UTC(2026, 0, 31));
  expect(isUntouched(instant(), Date.UTC(2026, 0, 31), time)).toBe(true);
  time.setTime(0);
  time.setUTCFullYear(1);
  expect(instant().fault(time)).toBe("a valid Date in the years 1000 to 9999, got the Date 0001-01-01T00:00:00.000Z");
});
