import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_ASKED } from "../../domain/tuf/role-search.js";
import type { TufKey } from "../../domain/tuf/key.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { hiddenTargets } from "../../src/application/tuf/delegations/hidden-targets.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import type { TufWorld } from "../application/tuf-world.js";
import { servedWorld } from "./served-world.js";
import type { TufClient } from "./tuf-client.js";

const PATH = "team/target";

describe("tuf-js, unmodified, asks so many roles for a path, and no more", () => {
  let world: TufWorld;
  let client: TufClient;
  let remove: () => Promise<void>;
  let key: TufKey;

  beforeEach(async () => {
    ({ world, client, remove } = await servedWorld("kept"));
    key = (await world.ports.keys.generate()).publicKey;
  });
  afterEach(() => remove());

  const add = (role: string, more: Partial<Parameters<typeof addDelegation>[2]> = {}) =>
    addDelegation(world.ports, "main", { role, paths: ["team/*"], keys: { keys: [key], threshold: 1 }, ...more });

  /** What is told of the path, by us and by what is published, and whether a client finds it. */
  const seen = async () => {
    await world.publisher().publish("main");
    const walk = verifyTufRepository(world.ports, world.clock.now());
    const verified = new Set<string>();
    for (let step = await walk.next(); ; step = await walk.next()) {
      if (step.done !== true) {
        verified.add(step.value.path);
        continue;
      }
      const [found] = await client.download(PATH);
      expect(verified.has(PATH)).toBe(found === PATH);
      expect(step.value.hidden).toBe(found === PATH ? 0 : 1);
      return { isFound: found === PATH, hidden: await hiddenTargets(world.ports, "main") };
    }
  };
  const FOUND = { isFound: true, hidden: [] };
  const hiddenAfter = (role: string) => ({
    isFound: false,
    hidden: [{ role, reason: "limit", targets: 1, examples: [PATH] }],
  });

  const cases: readonly [where: string, before: number, place: () => Promise<string | undefined>][] = [
    // The catch-all role and the bin are asked, too.
    ["a hash bin", MAX_ASKED - 2, () => world.add(PATH).then(() => undefined)],
    ["a custom role", MAX_ASKED - 1, () => held({})],
    ["a bin below a custom role", MAX_ASKED - 2, () => held({ bins: 2 })],
  ];
  const held = async (more: Partial<Parameters<typeof addDelegation>[2]>): Promise<string> => {
    await add("holder", more);
    await world.add(PATH);
    return "holder";
  };

  it.each(cases)("before %s: %d, of which we tell at exactly that number", async (_, most, place) => {
    const holder = await place();
    const before = holder === undefined ? {} : { before: holder };
    for (let index = 0; index < most; index++) await add(`role-${index}`, before);
    expect(await seen()).toEqual(FOUND);
    await add("one-more", before);
    const isLast = holder !== undefined && most === MAX_ASKED - 2; // it is asked, and its bin is not
    expect(await seen()).toEqual(hiddenAfter(isLast ? holder : "one-more"));
    // With its next edit it moves to the first role that speaks for it.
    await world.add(PATH);
    expect(await seen()).toEqual(FOUND);
  });
});
