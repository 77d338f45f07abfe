import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { MetadataDocument, MetadataType } from "../../domain/tuf/metadata-document.js";
import { meetsThreshold } from "../../domain/tuf/threshold.js";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import { type RootedRole, TRANSITION } from "../../domain/tuf/trust.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { openSigning, signDelegation } from "../../src/application/tuf/delegations/delegation-signing.js";
import type { PublishPorts } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import fc from "../support/fast-check.js";
import { overridden } from "../support/overridden.js";
import { makeTufWorld, targetOf, type TufWorld } from "./tuf-world.js";

const MINUTE = 60_000;
const PATHS = ["any", "other", "o/a", "o/i/a", "o/i/b"];
/** Those that are not in a file that people sign. */
const IN_BINS = PATHS.filter((path) => path !== "o/a");
const READ: readonly RootedRole[] = ["timestamp", "snapshot", "targets"];

type Step =
  | { readonly do: "rotate"; readonly role: string }
  | { readonly do: "publish" }
  | { readonly do: "publish some"; readonly path: string }
  /** What awaits signatures of people is signed, if anything does. */
  | { readonly do: "sign" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("publish" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("publish some" as const), path: fc.constantFrom(...IN_BINS) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("rotate" as const),
      role: fc.constantFrom("root", "targets", "snapshot", "timestamp", "bins", "inner", "inner"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("sign" as const) }) },
);
const waits = fc.constantFrom(0, 1, MINUTE, TRANSITION - 1, TRANSITION, 11 * MINUTE);

/** `outer` is signed by people, and `inner` is below it and has bins. All is published. */
async function nestedWorld(): Promise<{ readonly world: TufWorld; readonly ports: TufWorld["ports"] }> {
  const world = await makeTufWorld();
  const { ports } = world;
  await addDelegation(ports, "main", { role: "outer", paths: ["o/*", "o/*/*"] });
  await addDelegation(ports, "main", { role: "inner", paths: ["o/i/*"], below: "outer", bins: 2 });
  await world.add(...PATHS);
  const publisher = world.publisher();
  await publisher.publish("main");
  await publisher.recorded("main");
  const [away] = (await ports.store.repository("main"))!.trust["outer"]!.keyIds;
  const load: PublishPorts["keys"]["load"] = async (keyId) => (keyId === away ? undefined : ports.keys.load(keyId));
  return { world, ports: { ...ports, keys: overridden(ports.keys, { load }) } };
}

async function peopleSign({ ports }: TufWorld): Promise<void> {
  const signing = await openSigning(ports, (await ports.store.repository("main"))!, "outer");
  if (signing !== undefined && signing.missing > 0) await signDelegation(ports, "main", "outer");
}

/** Clients that read a root and found no newer one, and find the files of now. */
class Watchers {
  readonly #seen: { readonly root: MetadataDocument<"root">; until: number }[] = [];
  constructor(private readonly world: TufWorld) {}

  async look(): Promise<void> {
    const { ports, metadata, clock } = this.world;
    const read = async <T extends MetadataType>(type: T, name: string) =>
      ports.codec.decode(type, await readFile(join(metadata, name)));
    const names = await readdir(metadata);
    for (;;) {
      const name = `${this.#seen.length + 1}.root.json`;
      if (!names.includes(name)) break;
      if (this.#seen.length > 0) this.#seen.at(-1)!.until = clock.now();
      this.#seen.push({ root: await read("root", name), until: Infinity });
    }
    const timestamp = await read("timestamp", "timestamp.json");
    const snapshot = await read("snapshot", `${timestamp.signed.meta["snapshot.json"].version}.snapshot.json`);
    const targets = await read("targets", `${snapshot.signed.meta["targets.json"]!.version}.targets.json`);
    const files = { timestamp, snapshot, targets, root: this.#seen.at(-1)!.root };
    for (const { root, until } of this.#seen) {
      if (clock.now() - until >= TRANSITION) continue;
      for (const role of READ) {
        const { signedBytes, signatures } = files[role];
        const delegation = { keys: root.signed.keys, ...root.signed.roles[role] };
        const isMet = meetsThreshold(delegation, signedBytes, signatures, ports.verifier);
        expect(isMet, `${role} by root ${root.signed.version}`).toBe(true);
      }
    }
    await this.world.published();
  }
}

describe("keys that change, whenever they change and whenever that is published", () => {
  it("leave no client behind that read a root within the transition, nor any that begins now", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(steps, waits), { minLength: 4, maxLength: 14 }), async (drawn) => {
        const { world, ports } = await nestedWorld();
        try {
          const publisher = world.publisher(ports);
          const watchers = new Watchers(world);
          await watchers.look();
          for (const [index, [step, wait]] of drawn.entries()) {
            world.clock.time += wait;
            await take(step, index);
            await watchers.look();
          }

          async function take(step: Step, index: number): Promise<void> {
            if (step.do === "sign") return peopleSign(world);
            if (step.do === "rotate") return rotate(ports, step.role);
            // Other content, so that there is always something to sign.
            const path = step.do === "publish some" ? step.path : PATHS[index % PATHS.length]!;
            await addTargets(ports, "main", new Map([[path, targetOf(`${index}`)]]));
            if (step.do === "publish") await publisher.publish("main");
            else await publisher.publishOnly("main", [step.path]);
            await publisher.recorded("main");
          }
        } finally {
          await world.remove();
        }
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it("sign along for as long after an exporter has stood still", async () => {
    const { world, ports } = await nestedWorld();
    try {
      await rotate(ports, "timestamp");
      const standStill: PublishPorts["trust"]["publishedTrust"] = async (name) => {
        const published = await ports.trust.publishedTrust(name);
        world.clock.time += 11 * MINUTE;
        return published;
      };
      const trust = overridden(ports.trust, { publishedTrust: standStill });
      await world.publisher({ trust }).publish("main");
      const { transitionEnds } = (await ports.store.repository("main"))!.trust.timestamp;
      expect(transitionEnds).toBe(world.clock.time + TRANSITION);
    } finally {
      await world.remove();
    }
  });
});

async function rotate(ports: TufWorld["ports"], role: string): Promise<void> {
  const made = await ports.keys.generate();
  const { trust } = (await ports.store.repository("main"))!;
  const changes = replaceKey([role], trust[role]!.keyIds[0]!, made);
  if ((await changeTrust(ports, "main", changes)) !== undefined) await signRoot(ports, "main");
}
