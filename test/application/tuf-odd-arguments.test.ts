import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
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
});
