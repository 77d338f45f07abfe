import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { damagedFiles } from "../../src/application/tuf/damaged-files.js";
import { exportTufRepository } from "../../src/application/tuf/publish/export-tuf-repository.js";
import { pruneTufRepository } from "../../src/application/tuf/publish/prune-tuf-repository.js";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { unpublishedTargets } from "../../src/application/tuf/targets/unpublished-targets.js";
import { fileByFile } from "../support/file-by-file.js";
import { overridden } from "../support/overridden.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

const HOUR = 3_600_000;

type Ports = TufWorld["ports"];

/** Lets a process stand still after one of its calls, from 1, whatever time passes elsewhere. */
class StandStill {
  #left: number;
  #reach!: (call: string) => void;
  goOn!: () => void;
  readonly reached = new Promise<string>((resolve) => (this.#reach = resolve));
  readonly #isGoingOn = new Promise<void>((resolve) => (this.goOn = resolve));

  constructor(calls: number) {
    this.#left = calls;
  }

  in(ports: Ports): Ports {
    const files = this.#watched("files", ports.files);
    return {
      ...ports,
      store: this.#watched("store", ports.store),
      files: new Proxy(files, {
        get: (target, member): unknown =>
          member === "putAll" ? fileByFile(target) : Reflect.get(target, member, target),
      }),
    };
  }

  #watched<T extends object>(name: string, port: T): T {
    return new Proxy(port, {
      get: (target, member) => {
        const method: unknown = Reflect.get(target, member, target);
        if (typeof method !== "function") return method;
        return async (...given: unknown[]): Promise<unknown> => {
          const answer: unknown = await Reflect.apply(method, target, given);
          if (member === "prepare" || --this.#left !== 0) return answer;
          this.#reach(`${name}.${String(member)}`);
          await this.#isGoingOn;
          return answer;
        };
      },
    });
  }
}

describe("a worker that stands still for longer than old files are kept", () => {
  let world: TufWorld;
  /** What was ever published, by name; the timestamps, by version. */
  let contents: Map<string, string>;
  let newest: number;
  beforeEach(async () => {
    world = await makeTufWorld(2);
    contents = new Map();
    newest = 0;
  });
  afterEach(() => world.remove());

  /** One content per version, and no timestamp before another one. */
  const look = async (): Promise<void> => {
    for (const name of (await readdir(world.metadata)).filter((one) => !one.startsWith("."))) {
      const text = await readFile(join(world.metadata, name), "latin1");
      const { version } = (JSON.parse(text) as { signed: { version: number } }).signed;
      if (name === "timestamp.json") expect(version).toBeGreaterThanOrEqual(newest);
      if (name === "timestamp.json") newest = version;
      const key = `${version} ${name}`;
      expect(contents.get(key) ?? text, key).toBe(text);
      contents.set(key, text);
    }
  };

  /** Commits and does not come to export. */
  const crash = async (): Promise<void> => {
    const { files } = world.ports;
    const failing = overridden(files, { putAll: () => Promise.reject(new Error("crashed")) });
    await expect(world.publisher({ files: failing }).publish("main")).rejects.toThrow("crashed");
  };

  const nothing = () => Promise.resolve();
  const exhausted = async (items: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of items);
  };

  it.each<[string, () => Promise<unknown>, (ports: Ports, path: string) => Promise<unknown>]>([
    ["publishing", nothing, (ports) => new PublishTufRepository(ports).publish("main")],
    ["publishing some", nothing, (ports, path) => new PublishTufRepository(ports).publishOnly("main", [path])],
    ["exporting what another one committed", crash, (ports) => new PublishTufRepository(ports).publish("main")],
    ["repairing", crash, (ports) => exportTufRepository(ports, "main", { isMending: true })],
    ["comparing storage with the database", nothing, (ports) => damagedFiles(ports, "main")],
    ["listing what is unpublished", nothing, (ports) => exhausted(unpublishedTargets(ports, "main"))],
    ["deleting old files", nothing, (ports) => pruneTufRepository(ports, "main", { keepFor: 0 })],
  ])("takes nothing back when it goes on, and is told of no damage: %s", async (_, before, work) => {
    const accepted = ["first"];
    await world.add("first");
    await world.publisher().publish("main");
    const add = async (...paths: string[]): Promise<void> => {
      accepted.push(...paths);
      await world.add(...paths);
    };
    const steps: string[] = [];
    for (let call = 1; ; call++) {
      const path = `mine/${call}`;
      await add(path);
      await before();
      const standing = new StandStill(call);
      const working = work(standing.in(world.ports), path);
      const step = await Promise.race([standing.reached, working.then(() => undefined)]);
      if (step === undefined) break;
      steps.push(step);
      for (const round of [1, 2]) {
        world.clock.time += HOUR;
        await add(path.concat(`/${round}`), path.concat(`/other/${round}`));
        await world.publisher().publish("main");
        await look();
      }
      world.clock.time += HOUR;
      await pruneTufRepository(world.ports, "main", { keepFor: 0 });
      await look();
      expect(await world.published(), step).toEqual(hashesOf(...accepted));
      standing.goOn();
      await working;
      await look();
      expect(await world.published(), step).toEqual(hashesOf(...accepted));
    }
    expect(steps.length).toBeGreaterThanOrEqual(3);
  });
});
