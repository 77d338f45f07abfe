import { describe, expect, it } from "vitest";
import {
  expiresAt,
  formatExpires,
  renewalHorizon,
  type RoleExpiry,
  staggeredExpiresAt,
} from "../../../domain/tuf/expiry.js";
import fc from "../../support/fast-check.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const times = fc.integer({ min: Date.UTC(2020), max: Date.UTC(2100) });
/** Renewed some minutes, at least, before it expires, and not as soon as it is signed. */
const policies: fc.Arbitrary<RoleExpiry> = fc
  .tuple(fc.integer({ min: 10 * MINUTE, max: 1_000 * DAY }), fc.double({ min: 0, max: 0.9, noNaN: true }))
  .map(([lifetime, share]) => ({ lifetime, renewBefore: Math.floor(lifetime * share) }));
const names = fc.nat(65_535).map((index) => `bins-${index.toString(16).padStart(4, "0")}`);

describe("expiry", () => {
  it("is a whole second at most the lifetime away, written as every client reads it", () => {
    fc.assert(
      fc.property(times, policies, (now, expiry) => {
        const end = expiresAt(now, expiry);
        expect(end % 1_000).toBe(0);
        expect(end).toBeLessThanOrEqual(now + expiry.lifetime);
        expect(end).toBeGreaterThan(now + expiry.lifetime - 1_000);
        expect(formatExpires(end)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(Date.parse(formatExpires(end))).toBe(end);
      }),
    );
  });

  it("of roles that are signed together is spread over at most half of the time until renewal, the same for the same name", () => {
    fc.assert(
      fc.property(times, policies, names, (now, expiry, name) => {
        const end = staggeredExpiresAt(now, expiry, name);
        expect(end).toBe(staggeredExpiresAt(now, expiry, name));
        expect(end).toBeLessThanOrEqual(expiresAt(now, expiry));
        const spread = (expiry.lifetime - expiry.renewBefore) / 2;
        expect(end).toBeGreaterThan(now + expiry.lifetime - spread - 1_001);
      }),
    );
  });

  it("never makes what is signed now due again now, however early somebody wants to renew: renewal ends", () => {
    fc.assert(
      fc.property(times, policies, names, fc.integer({ min: 0, max: 4_000 * DAY }), (now, expiry, name, within) => {
        const horizon = renewalHorizon(now, expiry, within);
        expect(staggeredExpiresAt(now, expiry, name)).toBeGreaterThan(horizon);
        expect(expiresAt(now, expiry)).toBeGreaterThan(horizon);
      }),
    );
  });

  it("is due before it comes: whoever looks at the latest then finds it valid", () => {
    fc.assert(
      fc.property(times, policies, names, (now, expiry, name) => {
        const end = staggeredExpiresAt(now, expiry, name);
        expect(renewalHorizon(end - expiry.renewBefore, expiry)).toBeGreaterThanOrEqual(end);
        expect(renewalHorizon(end - expiry.renewBefore - 1, expiry)).toBeLessThan(end);
      }),
    );
  });

  it("spreads many bins evenly", () => {
    const expiry = { lifetime: 90 * DAY, renewBefore: 30 * DAY };
    const days = new Map<number, number>();
    for (let index = 0; index < 16_384; index++) {
      const name = `bins-${index.toString(16).padStart(4, "0")}`;
      const day = Math.floor((90 * DAY - staggeredExpiresAt(0, expiry, name)) / DAY);
      days.set(day, (days.get(day) ?? 0) + 1);
    }
    const average = 16_384 / 30;
    for (let day = 1; day < 30; day++) expect(Math.abs((days.get(day) ?? 0) - average)).toBeLessThan(average / 4);
  });
});
