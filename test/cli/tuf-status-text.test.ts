import { describe, expect, test } from "vitest";
import type { RepositoryStatus } from "../../src/application/tuf/tuf-repository-status.js";
import { hiddenText } from "../../src/cli/tuf/delegation-text.js";
import { statusText } from "../../src/cli/tuf/status-text.js";

const NOW = Date.UTC(2026, 0, 10, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const STATUS: RepositoryStatus = {
  name: "main",
  roles: [
    { role: "root", metadataVersion: 3, expiresAt: NOW + 300 * DAY, isDue: false, keys: 3, threshold: 2 },
    { role: "targets", metadataVersion: 1, expiresAt: NOW + 59 * DAY, isDue: true, keys: 1, threshold: 1 },
    { role: "snapshot", metadataVersion: 12, expiresAt: NOW + 30 * HOUR, isDue: true, keys: 1, threshold: 1 },
    { role: "timestamp", metadataVersion: 14, expiresAt: NOW - HOUR, isDue: true, keys: 1, threshold: 1 },
  ],
  bins: { bins: 256, unsigned: 0, expiresAt: NOW + 45 * 60_000, keys: 1, threshold: 1 },
  delegations: [],
  unmerged: 0,
  published: { root: 3, snapshot: 12, timestamp: 14 },
  isPublished: true,
  lastPublishedAt: NOW - DAY,
  signing: undefined,
};
const last = (changes: Partial<RepositoryStatus>) =>
  statusText({ ...STATUS, ...changes }, NOW)
    .split("\n")
    .at(-1);

describe("the status of a repository, for people", () => {
  test("says of each role its version, until when it is good, and who signs", () => {
    expect(statusText(STATUS, NOW)).toBe(
      [
        "repository main, last published 2026-01-09 12:00",
        "",
        "role        version  expires                                 keys",
        "root        3        2026-11-06 12:00, in 300 days           2 of 3",
        "targets     1        2026-03-10 12:00, in 59 days, due       1 of 1",
        "snapshot    12       2026-01-11 18:00, in 30 h, due          1 of 1",
        "timestamp   14       2026-01-10 11:00, expired, due          1 of 1",
        "bins (256)           2026-01-10 12:45, in 45 min, the first  1 of 1",
        "",
        "everything is published",
      ].join("\n"),
    );
  });

  test("says what is not published", () => {
    expect(last({})).toBe("everything is published");
    const unpublished = { isPublished: false };
    expect(last({ ...unpublished, bins: { ...STATUS.bins, unsigned: 7 } })).toBe(
      "bins with unpublished changes: 7 of 256",
    );
    expect(last({ ...unpublished, unmerged: 2 })).toBe("roles that are signed and in no snapshot: 2");
    expect(last({ ...unpublished, unmerged: 2, bins: { ...STATUS.bins, unsigned: 7 } })).toBe(
      "bins with unpublished changes: 7 of 256; roles that are signed and in no snapshot: 2",
    );
    expect(last(unpublished)).toBe("signed metadata is not published");
  });

  test("says that nothing was ever published, and that root is unsigned", () => {
    const [root, ...others] = STATUS.roles;
    const roles = [{ ...root!, metadataVersion: 0, expiresAt: undefined }, ...others];
    const [first, , , ofRoot] = statusText({ ...STATUS, roles, lastPublishedAt: undefined }, NOW).split("\n");
    expect(first).toBe("repository main, never published");
    expect(ofRoot).toMatch(/^root +unsigned +- +2 of 3$/);
  });
});

test("targets that clients do not find are told with the role that they end at, and why", () => {
  const hidden = { role: "team", targets: 6, examples: ["a", "b", "c", "d", "e"] };
  const paths = "a, b, c, d, e, and 1 more; add them again to move them";
  expect(hiddenText([])).toEqual([]);
  expect(
    hiddenText([
      { ...hidden, reason: "terminating" },
      { ...hidden, reason: "limit" },
    ]),
  ).toEqual([
    `terminating role team hides 6 targets from clients: ${paths} there`,
    `clients ask at most 32 roles for a path, and end at role team before they find 6 targets: ${paths} to the first of these roles`,
  ]);
});
