import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { DEFAULT_EXPIRY } from "../../domain/tuf/expiry.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { TufRepositoryService } from "../../src/application/tuf/tuf-repository-service.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { makeTufWorld, targetOf, type TufWorld } from "./tuf-world.js";

/** What callers without static types may give. */
describe("a TUF repository refuses with a code of its own", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  test.each([["4"], [null], [[4]], [NaN]])("%o bins", async (bins) => {
    const created = createTufRepository(world.ports, { name: "other", bins: bins as number });
    await expect(created).rejects.toMatchObject({ code: "INVALID_BIN_COUNT" });
  });

  test.each([
    [null],
    [{ a: targetOf("a") }],
    ["a"],
    [[["a", targetOf("a")]]],
    [new Map([["a", null]])],
    [new Map([["a", "b"]])],
  ])("targets that are %o", async (targets) => {
    const added = addTargets(world.ports, "main", targets as never);
    await expect(added).rejects.toMatchObject({ code: "INVALID_TARGET" });
  });

  test.each([["abc"], [null], [undefined], [7], [{}], [[7]], [[null]]])("the removal of %o", async (paths) => {
    const removed = removeTargets(world.ports, "main", paths as never);
    await expect(removed).rejects.toMatchObject({ code: "INVALID_TARGET_PATH" });
  });

  test("a path that is no text", async () => {
    const added = addTargets(world.ports, "main", new Map([[7, targetOf("a")]]) as never);
    await expect(added).rejects.toMatchObject({ code: "INVALID_TARGET_PATH" });
  });

  const DAY = 86_400_000;
  test.each([
    ["bins", "renewed before they live", { ...DEFAULT_EXPIRY, bins: { lifetime: DAY, renewBefore: 2 * DAY } }],
    ["timestamp", "of less than no life", { ...DEFAULT_EXPIRY, timestamp: { lifetime: -DAY, renewBefore: 1 } }],
    ["snapshot", "of no number", { ...DEFAULT_EXPIRY, snapshot: { lifetime: NaN, renewBefore: 1 } }],
    ["root", "of more years than can be stated", { ...DEFAULT_EXPIRY, root: { lifetime: 1e15, renewBefore: 1 } }],
    ["timestmp", "that is misspelt", { ...DEFAULT_EXPIRY, timestmp: DEFAULT_EXPIRY.timestamp }],
    ["root", "that is text", { ...DEFAULT_EXPIRY, root: "1d" }],
    ["roles", "of all that is text", "1d"],
    ["roles", "of all that is nothing", null],
  ])("an expiry of %s %s", async (path, _, expiry) => {
    const refused = { code: "INVALID_VALUE", faults: [{ path }] };
    const created = createTufRepository(world.ports, { name: "other", bins: 4, expiry: expiry as never });
    await expect(created).rejects.toMatchObject(refused);
    const source = { read: () => expect.unreachable("nothing is read before") };
    const imported = service().import(source, { bins: 4, expiry: expiry as never });
    await expect(imported).rejects.toMatchObject(refused);
    await expect(service().changeExpiry(expiry as never)).rejects.toMatchObject(refused);
  });

  const service = () => new TufRepositoryService(world.ports, "main");
  const nothing = new Map();
  type Call = (tuf: TufRepositoryService, options: never) => unknown;
  test.each<[string, Call, readonly unknown[]]>([
    ["renew", (tuf, options) => tuf.renew(options), [{ within: NaN }, { within: "30d" }, { within: -1 }, { limit: 0 }]],
    ["prune", (tuf, options) => tuf.prune(options), [{ keepFor: NaN }, { keepFor: "7d" }, { keepFor: -1 }]],
    ["create", (tuf, options) => tuf.create(options), [{ bins: 4, namePrefix: 5 }, { bins: 4, roles: [] }, 4]],
    ["import", (tuf, options) => tuf.import({ read: async () => undefined }, options), [{ onTargets: 1 }, 4]],
    ["import of", (tuf, options) => tuf.import(options, { bins: 4 }), [{}, "there"]],
    ["add", (tuf, options) => tuf.add(nothing, options), [{ signal: {} }, { onEdits: 5 }]],
    ["addValid", (tuf, options) => tuf.addValid(nothing, options), [{ signal: {} }]],
    ["addList", (tuf, options) => tuf.addList([], options).next(), [{ onEdits: "text" }]],
    ["remove", (tuf, options) => tuf.remove([], options), [{ signal: 1 }]],
    ["verify", (tuf, options) => tuf.verify(options).next(), [NaN]],
    ["beginCeremony", (tuf, options) => tuf.trust.beginCeremony(options), [{ bins: 4, roles: [] }, 4]],
    ["propose", (tuf, options) => tuf.trust.propose(options), [{ expires: NaN }, { changes: {} }, []]],
    [
      "delegations.add",
      (tuf, options) => tuf.delegations.add(options),
      [{ role: "r", paths: ["r/*"], terminatng: true }],
    ],
    [
      "delegations.add of",
      (tuf, options) => tuf.delegations.add(options),
      [{ terminating: "no" }, { keys: [] }, { before: 1 }],
    ],
    ["delegations.alter", (tuf, options) => tuf.delegations.alter("team", options), [{ terminating: 1 }, []]],
    ["delegations.remove", (tuf, options) => tuf.delegations.remove("team", options), [{ withTargets: "no" }, true]],
  ])("wrong or misspelt options of %s", async (_, call, wrong) => {
    for (const options of [...wrong, { misspelt: 1 }, null]) {
      await expect(call(service(), options as never), JSON.stringify(options)).rejects.toMatchObject({
        code: "INVALID_VALUE",
      });
    }
  });

  test.each([["abc"], [null], [undefined], [[undefined]], [[""]], [["a\u0001b"]], [["../a"]]])(
    "the publish of %o alone",
    async (paths) => {
      await expect(service().publishOnly(paths as never)).rejects.toMatchObject({ code: "INVALID_TARGET_PATH" });
    },
  );

  test.each([["a/*"], [null], [5]])("a delegation of %o, which is no list of patterns", async (paths) => {
    const added = service().delegations.add({ role: "team", paths: paths as never });
    await expect(added).rejects.toMatchObject({ code: "INVALID_DELEGATION" });
  });
});
