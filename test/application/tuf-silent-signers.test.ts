import { afterEach, beforeEach, expect, test } from "vitest";
import type { Clock } from "../../domain/distinction/clock.js";
import type { KeyStore } from "../../domain/tuf/key-store.js";
import type { TrustedRole } from "../../domain/tuf/trust.js";
import { TufRepositoryService } from "../../src/application/tuf/tuf-repository-service.js";
import { overridden } from "../support/overridden.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

/** A clock whose alarms ring when the test says so, however long they are. */
class AlarmClock implements Clock {
  readonly #alarms = new Map<() => void, number>();

  constructor(private readonly time: Pick<Clock, "now" | "sleep">) {}

  now(): number {
    return this.time.now();
  }
  sleep(milliseconds: number): Promise<void> {
    return this.time.sleep(milliseconds);
  }
  alarm(milliseconds: number, ring: () => void): () => void {
    this.#alarms.set(ring, milliseconds);
    return () => void this.#alarms.delete(ring);
  }
  /** Rings the one that was set last, and tells for how long it was. */
  ringLast(): number {
    const [ring, milliseconds] = [...this.#alarms].at(-1)!;
    this.#alarms.delete(ring);
    ring();
    return milliseconds;
  }
}

let world: TufWorld;
let clock: AlarmClock;
beforeEach(async () => {
  world = await makeTufWorld();
  clock = new AlarmClock(world.clock);
});
afterEach(() => world.remove());

/** A service with keys of which one never answers; rings the clock each time it is asked. */
async function serviceWithout(role: TrustedRole, step: "load" | "sign") {
  const [silent] = (await world.ports.store.repository("main"))!.trust[role].keyIds;
  const rung: number[] = [];
  const never = (): Promise<never> => {
    queueMicrotask(() => rung.push(clock.ringLast())); // by then the service waits for this very answer
    return new Promise(() => undefined);
  };
  const keys: KeyStore = overridden(world.ports.keys as KeyStore, {
    load: async (keyId) => {
      if (keyId === silent && step === "load") return never();
      const signer = await world.ports.keys.load(keyId);
      return signer && (keyId === silent ? { keyId, publicKey: signer.publicKey, sign: never } : signer);
    },
  });
  return { service: new TufRepositoryService({ ...world.ports, keys, clock }, "main"), rung, silent };
}

test.each(["load", "sign"] as const)(
  "a key that does not %s within two minutes holds up nothing longer",
  async (step) => {
    const { service, rung, silent } = await serviceWithout("timestamp", step);
    await world.add("a");
    await expect(service.publish()).rejects.toMatchObject({
      code: "SIGNER_UNAVAILABLE",
      message: `timestamp asks for 1 of its keys, 0 at hand; key ${silent}: no answer within 120 s`,
    });
    expect(rung.every((milliseconds) => milliseconds === 120_000)).toBe(true);
    await world.publisher().publish("main");
    expect(await world.published()).toEqual(hashesOf("a"));
  },
);

test("a key that does not answer is asked no more by that publish, however many bins wait for it", async () => {
  const { service, rung } = await serviceWithout("bins", "sign");
  const paths = Array.from({ length: 40 }, (_, index) => `many/${index}`);
  await world.add(...paths);
  await expect(service.publish()).rejects.toMatchObject({ code: "SIGNER_UNAVAILABLE" });
  expect(rung).toHaveLength(4); // all bins are signed side by side, and then one after the other
  await world.publisher().publish("main");
  expect(await world.published()).toEqual(hashesOf(...paths));
});
