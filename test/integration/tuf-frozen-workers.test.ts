import { createConnection } from "mysql2/promise";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Actor } from "../chaos/actor.js";
import { freezeBetweenAnyTwoSteps, killAfterAnyWrite, killBeforeTheRecord } from "../chaos/chaos-tests.js";
import { Chaos } from "../chaos/chaos.js";
import { ADDING, PUBLISHING, PUBLISHING_NESTED } from "../chaos/protocols.js";
import type { Turn } from "../chaos/turn.js";
import { startLocalServer } from "../support/server/local-source.js";
import { findServerBinary, searchFolders } from "../support/server/server-binary.js";
import { driverUrl } from "../support/server/server-version.js";
import { onServer } from "./backends.js";
import { forgetRepositories } from "./tuf-place.js";

// Processes have to start, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

/*
 * The short form of test/chaos, which stops workers at every failpoint of sixteen kinds of work and takes many minutes. Chosen
 * was publishing, for all other work ends in it: killed around each of its writes and before the record of them, but frozen at
 * every third failpoint only; and adding, for what it acknowledges nobody else could know. Custom roles below custom roles are
 * signed otherwise: their publisher is stopped, too, while a client downloads a target of each.
 */
onServer((testDatabase) => {
  let chaos: Chaos;
  beforeEach(async () => {
    await forgetRepositories(testDatabase().url);
    chaos = await Chaos.begin(testDatabase().url);
  });
  afterEach(() => chaos.end());

  test("a publisher that freezes changes nothing when it wakes up", () =>
    freezeBetweenAnyTwoSteps(chaos, PUBLISHING, { every: 3 }));
  test("a publisher that is killed is no loss", () => killAfterAnyWrite(chaos, PUBLISHING));
  test("what a publisher answered is there, though it is killed before the record of it", () =>
    killBeforeTheRecord(chaos, PUBLISHING));
  test("a publisher of roles below others that freezes changes nothing when it wakes up", () =>
    freezeBetweenAnyTwoSteps(chaos, PUBLISHING_NESTED, { every: 5 }));
  test("a publisher of roles below others that is killed is no loss", () =>
    killAfterAnyWrite(chaos, PUBLISHING_NESTED));
  test("what was accepted of a worker that froze is published", () => freezeBetweenAnyTwoSteps(chaos, ADDING));
  test("what a worker was about to add that was killed is there, or is not", () => killAfterAnyWrite(chaos, ADDING));

  test("a publisher that freezes while it signs delays nobody", async () => {
    const publishes = async (name: string): Promise<number> => {
      const times: number[] = [];
      for (let index = 0; index < PUBLISHES; index++) {
        const began = performance.now();
        await chaos.survivorDoes({ kind: "add", targets: { [`${name}/${index}`]: name } }, PUBLISH);
        times.push(performance.now() - began);
      }
      return times.sort((one, other) => one - other)[PUBLISHES / 2]!;
    };
    const actor = new Actor(chaos.place);
    await publishes("warm");
    const before = await publishes("before");
    await chaos.prepare(1);
    expect(await actor.holdAt({ failpoint: "signer.sign", nth: 1 }, PUBLISH)).toBe("signer.sign");
    actor.freeze();
    const beside = await publishes("beside");
    await actor.wake();
    await actor.end();
    const after = await publishes("after");
    expect(beside).toBeLessThan(MOST_DELAYED * Math.max(before, after));
    await chaos.expectPublished();
    await chaos.expectSoundAndDone();
    await chaos.client.stop();
  });
});

const PUBLISH: Turn = { kind: "publish" };
const PUBLISHES = 14;
/** Times as long: a lock, or a lease that has to run out, would make it hundreds of times. */
const MOST_DELAYED = 4;

/** Where another machine serves the tests' database, there is no server program here to be killed. */
const canCrash = (await findServerBinary(searchFolders(process.env))) !== undefined;
test.runIf(canCrash)("a publish in whose midst the database is killed and started again loses nothing", async () => {
  const server = (await startLocalServer(process.env, () => undefined))!;
  onTestFinished(() => server.stop());
  const connection = await createConnection({ uri: driverUrl(server.url) });
  await connection.query("CREATE DATABASE restarts CHARACTER SET utf8mb4");
  await connection.end();
  const chaos = await Chaos.begin(`${server.url}restarts`);
  onTestFinished(() => chaos.end());
  for (const [round, failpoint] of ["signer.sign", "store.commitSnapshot"].entries()) {
    await chaos.prepare(round);
    const actor = new Actor(chaos.place);
    expect(await actor.holdAt({ failpoint, nth: 1 }, PUBLISH)).toBe(failpoint);
    await server.kill();
    await chaos.client.poll();
    const unavailable = expect.objectContaining({ code: "DATABASE_UNAVAILABLE" }) as object;
    await expect(chaos.survivorDoes(PUBLISH)).rejects.toEqual(unavailable);
    await server.start();
    await actor.wake().catch((error: unknown) => expect(String(error)).toContain("no usable connection"));
    await chaos.survivorDoes(PUBLISH);
    await chaos.client.poll();
    await chaos.expectPublished();
    await chaos.expectSoundAndDone();
    await actor.end();
  }
  expect(await chaos.client.stop()).toBe(4);
});
