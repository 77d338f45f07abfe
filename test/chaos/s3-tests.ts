import { expect } from "vitest";
import { S3MetadataFiles } from "../../infrastructure/storage/s3-metadata-files.js";
import type { S3Request, S3Server } from "../support/s3-server.js";
import { Actor } from "./actor.js";
import type { Chaos } from "./chaos.js";
import { REPAIR } from "./protocols.js";
import { type Turn, TurnTaker } from "./turn.js";
import { hold, meetOnce, type Mishap } from "./wire.js";

/** One S3 server and a repository that is published to it. */
export interface S3Chaos {
  readonly chaos: Chaos;
  readonly server: S3Server;
}

const PUBLISH: Turn = { kind: "publish" };

/**
 * Lets one request of a turn after the other have a mishap, and asks no request again. The turn does its work or tells that
 * storage is unavailable; a client notices nothing, and another one completes it. Answers how many requests it met.
 */
export async function meetsAtAnyRequest(
  { chaos, server }: S3Chaos,
  mishap: Mishap,
  turnOf: (round: number) => Turn,
): Promise<number> {
  const files = new S3MetadataFiles(server.client(), { bucket: server.bucket });
  const worker = new TurnTaker({ ...chaos.survivor.ports, files });
  for (let nth = 1; ; nth++) {
    await chaos.prepare(nth);
    const turn = turnOf(nth);
    await leaveToDo(chaos, turn);
    const isMet = meetOnce(server, mishap, nth);
    await chaos.actorBegins(turn);
    await worker.take(turn).catch((error: unknown) => expect(error).toMatchObject({ code: "STORAGE_UNAVAILABLE" }));
    server.interposed = () => undefined;
    await chaos.client.poll();
    await chaos.survivorDoes(turn);
    await end(chaos);
    if (isMet()) continue;
    expect(await chaos.client.stop()).toBeGreaterThanOrEqual(2 * nth);
    return nth - 1;
  }
}

/**
 * Kills a worker while one request after the other is on its way; storage acts on it before, or long after it died. Two others
 * complete its work at once.
 */
export async function killAtAnyRequest(
  { chaos, server }: S3Chaos,
  turn: Turn,
  when: "before" | "after",
  isWanted: (request: S3Request) => boolean,
): Promise<readonly string[]> {
  const waiting = [new Actor(chaos.place), new Actor(chaos.place)];
  const met: string[] = [];
  for (let nth = 1; ; nth++) {
    await chaos.prepare(nth);
    await leaveToDo(chaos, turn);
    const actor = waiting.shift()!;
    waiting.push(new Actor(chaos.place));
    const request = hold(server, { nth, when, isWanted });
    await chaos.actorBegins(turn);
    const at = await Promise.race([request.arrived, actor.does(turn).then(() => undefined)]);
    await actor.kill();
    server.interposed = () => undefined;
    if (at === undefined) break;
    met.push(at);
    chaos.actorIsStopped();
    await chaos.client.poll();
    await chaos.survivorsDo([PUBLISH], [REPAIR, PUBLISH]);
    if (when === "after") await chaos.publishesAndPrunes();
    await chaos.client.poll();
    await changesNothing(chaos, at, () => Promise.resolve(request.letGo()));
    await end(chaos);
  }
  expect(await chaos.client.stop()).toBeGreaterThanOrEqual(4 * met.length);
  return met;
}

/**
 * Freezes a worker while one request after the other is on its way, for longer than old files are kept: what arrives then, and what
 * the worker does when it wakes up, changes nothing that is there.
 */
export async function freezeAtAnyRequest(
  { chaos, server }: S3Chaos,
  turn: Turn,
  isWanted: (request: S3Request) => boolean,
): Promise<readonly string[]> {
  const actor = new Actor(chaos.place);
  const met: string[] = [];
  for (let nth = 1; ; nth++) {
    await chaos.prepare(nth);
    const request = hold(server, { nth, when: "after", isWanted });
    await chaos.actorBegins(turn);
    const doing = actor.does(turn);
    const at = await Promise.race([request.arrived, doing.then(() => undefined)]);
    server.interposed = () => undefined;
    if (at !== undefined) {
      met.push(at);
      actor.freeze();
      chaos.actorIsStopped();
      await chaos.client.poll();
      await chaos.survivorDoes(PUBLISH);
      await chaos.publishesAndPrunes();
      await chaos.client.poll();
      await changesNothing(chaos, at, async () => {
        request.letGo();
        actor.thaw();
        await doing;
      });
    }
    await end(chaos);
    if (at === undefined) break;
  }
  await actor.end();
  expect(await chaos.client.stop()).toBe(3 * met.length + 1);
  return met;
}

/** What the turn is for, beside the targets that are accepted. */
async function leaveToDo(chaos: Chaos, { kind }: Turn): Promise<void> {
  if (kind === "prune") await chaos.survivorDoes(PUBLISH);
  if (kind === "repair") await chaos.damages();
}

/** Nothing that is signed, nothing that is published; an old file of its own may come back. */
async function changesNothing(chaos: Chaos, at: string, work: () => Promise<void>): Promise<void> {
  const before = await chaos.everything();
  await work();
  const { signed, published } = await chaos.everything();
  expect(signed, at).toEqual(before.signed);
  expect(published, at).toMatchObject(before.published);
}

async function end(chaos: Chaos): Promise<void> {
  await chaos.survivorDoes(PUBLISH);
  await chaos.client.poll();
  await chaos.expectPublished();
  await chaos.expectSoundAndDone();
}
