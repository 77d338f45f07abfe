import { readdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { importTufRepository } from "../../src/application/tuf/import/import-tuf-repository.js";
import type { TufWorld } from "../application/tuf-world.js";
import type { ForeignPlace } from "./foreign-place.js";
import {
  foreignKey,
  foreignPemKey,
  foreignTarget,
  foreignRole as role,
  foreignTargets as targetsAt,
} from "./foreign-repository.js";
import { foreignWorld } from "./foreign-world.js";

// RSA keys take a while to make.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const RSA = foreignPemKey("key of ada".replaceAll(" ", "-"), "rsa");
const DOCS = foreignKey();
const own = Array.from({ length: 12 }, (_, index) => `files/${index}`);

type Json = Record<string, unknown>;

describe("custom roles of a repository that other tools made, which cannot be kept as they are,", () => {
  let world: TufWorld;
  let place: ForeignPlace;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ world, place, remove } = await foreignWorld());
  });
  afterEach(() => remove());

  const imported = () => importTufRepository({ ...world.ports, source: place.source }, { name: "main", bins: 4 });

  it("are refused where clients could not read them without the length that their snapshot stated", async () => {
    const { writer } = place;
    const note = "x".repeat(100_000);
    const many = Array.from({ length: 51 }, (_, index) => `docs/${index}`);
    const targets = Object.fromEntries(many.map((path) => [path, { ...foreignTarget(path), custom: { note } }]));
    await writer.targets("docs", 8, targets, undefined, [DOCS]);
    const roles = [role("docs", [DOCS], ["docs/*"])];
    await writer.targets("targets", 9, targetsAt(...own), { keys: writer.keysOf(DOCS), roles });
    await writer.snapshot(24, 42);
    await place.show();
    const client = await place.client();
    expect(await client.download("docs/50")).toEqual(["docs/50"]);
    await expect(imported()).rejects.toMatchObject({
      code: "METADATA_TOO_LARGE",
      message: /^role docs: 5,\d+,\d+ bytes/,
    });
    expect(world.state.repositories.size).toBe(0);
  });

  type Damage = readonly [
    what: string,
    code: string,
    said: string | RegExp,
    change: () => readonly Json[] | Promise<readonly Json[]>,
  ];
  const nested =
    (name: string, delegations: Json, targets: Json = {}) =>
    async () => {
      await place.writer.targets(name, 1, targets, { keys: place.writer.keysOf(DOCS, RSA), ...delegations }, [DOCS]);
      return [role(name, [DOCS], ["team/*"])];
    };
  const prefixed = (name: string, ...prefixes: readonly string[]): Json => {
    const { paths: _, ...bin } = role(name, [DOCS], [], { path_hash_prefixes: prefixes });
    return bin;
  };
  const succinct = (change: Json = {}) => ({
    succinct_roles: { keyids: [DOCS.keyId], threshold: 1, bit_length: 1, name_prefix: "team", ...change },
  });
  const plain =
    (name: string, paths: readonly string[], ...held: readonly string[]) =>
    async () => {
      await place.writer.targets(name, 1, targetsAt(...held), undefined, [DOCS]);
      return [role(name, [DOCS], paths)];
    };
  const UNSUPPORTED = "UNSUPPORTED_DELEGATION";
  const damages: readonly Damage[] = [
    [
      "a role that two others delegate to",
      UNSUPPORTED,
      'role "team" (1.team.json) delegates to "twice", to whom another role does already, then import',
      async () => {
        const [team] = await nested("team", { roles: [role("twice", [DOCS], ["team/*"])] })();
        return [...(await plain("twice", ["twice/*"])()), team!];
      },
    ],
    [
      "a role that delegates to itself",
      UNSUPPORTED,
      'role "team" (1.team.json) delegates to "team", to whom another role does already',
      nested("team", { roles: [role("team", [DOCS], ["team/*"])] }),
    ],
    [
      "roles too deep below one another",
      UNSUPPORTED,
      'role "r8" (1.r8.json) delegates to "r9": more than 8 roles deep',
      async () => {
        const names = Array.from({ length: 10 }, (_, index) => `r${index}`);
        for (const [index, name] of names.entries()) {
          const below = index < 9 ? [role(`r${index + 1}`, [DOCS], ["team/*"])] : [];
          await nested(name, { roles: below })();
        }
        return [role("r1", [DOCS], ["team/*"])];
      },
    ],
    [
      "other roles beside bins by hash prefixes",
      UNSUPPORTED,
      'role "team" (1.team.json) delegates to "team-0" by hash prefixes beside other roles',
      nested("team", { roles: [role("inner", [DOCS], ["team/*"]), prefixed("team-0", "0")] }),
    ],
    [
      "bins by hash prefixes that leave paths out",
      UNSUPPORTED,
      'role "team" (1.team.json) has bins by hash prefixes that are not 2^n equal parts of all paths: none has hash prefix "4000"',
      nested("team", { roles: [prefixed("team-0", ..."0123"), prefixed("team-1", ..."89abcdef")] }),
    ],
    [
      "bins by hash prefixes of other names",
      UNSUPPORTED,
      'role "team" (1.team.json) has bins by hash prefixes that are not named x-0 and so on, or with different keys',
      nested("team", { roles: [prefixed("low", ..."01234567"), prefixed("high", ..."89abcdef")] }),
    ],
    [
      "bins of targets that share hash prefixes",
      UNSUPPORTED,
      'role "targets" (9.targets.json) has bins by hash prefixes that are not 2^n equal parts of all paths: "high" is not the only one',
      async () => {
        for (const name of ["low", "high"]) await place.writer.targets(name, 1, {}, undefined, [DOCS]);
        return [prefixed("low", ..."012345678"), prefixed("high", ..."89abcdef")];
      },
    ],
    [
      "bins named as ours",
      "INVALID_NAME",
      /role team .* bins-…, as others/,
      nested("team", succinct({ name_prefix: "bins" })),
    ],
    ["bins of a name that is none", "INVALID_NAME", /"1x"/, nested("team", succinct({ name_prefix: "1x" }))],
    [
      "bins of two roles that have the same names",
      "INVALID_NAME",
      /role more .* team-…, as others/,
      async () => {
        const [team] = await nested("team", { roles: [] })();
        const [more] = await nested("more", succinct())();
        await nested("team", succinct())();
        return [team!, more!];
      },
    ],
    [
      "bins with other keys",
      UNSUPPORTED,
      'role "team" (1.team.json) has bins with other keys or another threshold than its own; give them the role\'s, then import',
      nested("team", succinct({ keyids: [RSA.keyId] })),
    ],
    ["too many bins", UNSUPPORTED, /"team" .*2\^17/, nested("team", succinct({ bit_length: 17 }))],
    [
      "targets beside its bins",
      UNSUPPORTED,
      /"team" .* holds targets/,
      nested("team", succinct(), targetsAt("team/1")),
    ],
    [
      "a role after terminating bins",
      UNSUPPORTED,
      /lists role "team" after "0-f"/,
      async () => {
        const [team] = await plain("team", ["team/*"])();
        await place.writer.targets("0-f", 1, {}, undefined, [DOCS]);
        return [{ ...prefixed("0-f", ""), terminating: true }, team!];
      },
    ],
    [
      "a target that a terminating role would hide",
      UNSUPPORTED,
      '"team" would be asked before who has "files/1" now; move that target into the role',
      async () => (await plain("team", ["files/1"])()).map((one) => ({ ...one, terminating: true })),
    ],
    [
      "another target of the same path",
      UNSUPPORTED,
      /"files\/1"/,
      async () => {
        await place.writer.targets("team", 1, { "files/1": foreignTarget("another") }, undefined, [DOCS]);
        return [role("team", [DOCS], ["files/*"])];
      },
    ],
    ["a name that is no name", "INVALID_NAME", /a\.b/, plain("a.b", ["team/*"])],
    ["the name of the bins", "INVALID_NAME", /bins-0/, plain("bins-0", ["team/*"])],
    ["a pattern that clients disagree about", "INVALID_DELEGATION", /team\/\[ab\]/, plain("team", ["team/[ab]"])],
    ["no pattern", "INVALID_DELEGATION", /role team/, plain("team", [])],
    [
      "two roles whose names differ by case",
      "DELEGATION_EXISTS",
      /team/,
      async () => [...(await plain("team", ["team/*"])()), ...(await plain("Team", ["more/*"])())],
    ],
    [
      "a threshold out of reach",
      "THRESHOLD_NOT_MET",
      /team/,
      async () => (await plain("team", ["team/*"])()).map((one) => ({ ...one, threshold: 2 })),
    ],
    [
      "a signature of a key that may not sign it",
      "THRESHOLD_NOT_MET",
      /team/,
      async () => {
        await place.writer.targets("team", 1, {}, undefined, [RSA]);
        return [role("team", [DOCS], ["team/*"])];
      },
    ],
    ["a path that escapes", "INVALID_TARGET_PATH", /\.\./, plain("team", ["team/*"], "team/../x")],
  ];

  it.each(damages)("with %s are refused (%s), and nothing is stored", async (_, code, said, change) => {
    const { writer } = place;
    const roles = await change();
    await writer.targets("targets", 9, targetsAt(...own), { keys: writer.keysOf(DOCS, RSA), roles });
    await writer.snapshot(23, 41);
    const refused = expect(imported()).rejects;
    await refused.toMatchObject({
      code,
      message: typeof said === "string" ? expect.stringContaining(said) : expect.stringMatching(said),
    });
    expect(world.state.repositories.size).toBe(0);
    await expect(readdir(world.metadata)).rejects.toThrow("ENOENT");
  });
});
