import { expect } from "vitest";
import type { Hold } from "./actor.child.js";
import { Actor } from "./actor.js";
import type { Chaos } from "./chaos.js";
import { isWrite } from "./failpoints.js";
import { type Protocol, REPAIR, type Round } from "./protocols.js";

/** Work that alternates, such as adding and removing, comes to other failpoints in every second round. */
const KINDS_OF_ROUNDS = 2;
/** A process reads more in its first round than in later ones. */
const WARM_UP = 1;
/** Work of both kinds, and the first again after others have recorded what was left. */
const UNRECORDED_ROUNDS = 3;

/**
 * Freezes a worker at one failpoint of its work after the other, the first and the last time that it comes there. Another one
 * goes on at once; and when the first wakes up, nothing changes that is signed or published.
 * @param every only at each of so many failpoints
 * @param isPruning whether all that is old is deleted meanwhile, as if the worker stood still for weeks
 */
export async function freezeBetweenAnyTwoSteps(
  chaos: Chaos,
  protocol: Protocol,
  { every = 1, isPruning = false } = {},
): Promise<void> {
  const rounds = new Rounds(chaos, protocol);
  const actor = new Actor(chaos.place);
  const holds = await rounds.holds(actor, () => true);
  for (const hold of holds.filter((_, index) => index % every === 0)) {
    const round = await rounds.begun(actor, hold);
    if (round === undefined) continue;
    const { turn, finish } = round;
    actor.freeze();
    chaos.actorIsStopped();
    await chaos.client.poll();
    await chaos.survivorDoes(...finish, { kind: "publish" });
    if (isPruning) await chaos.publishesAndPrunes(turn.ahead);
    await chaos.client.poll();
    await chaos.expectPublished();
    const before = await chaos.everything();
    await actor.wake();
    chaos.actorIsDone(turn);
    const { signed, published } = await chaos.everything();
    expect(signed, hold.failpoint).toEqual(before.signed);
    // A snapshot of its own that another one has replaced may appear now; nobody is led to it.
    expect(published, hold.failpoint).toMatchObject(before.published);
    await rounds.end();
  }
  await actor.end();
  await rounds.over();
}

/**
 * Kills a worker after one step after the other that leaves something behind: two others complete it at once, and nothing is
 * lost.
 */
export async function killAfterAnyWrite(chaos: Chaos, protocol: Protocol): Promise<void> {
  const rounds = new Rounds(chaos, protocol);
  const waiting = [new Actor(chaos.place), new Actor(chaos.place)];
  for (const hold of await rounds.holds(waiting[0]!, isWrite)) {
    const actor = waiting.shift()!;
    waiting.push(new Actor(chaos.place));
    const round = await rounds.begun(actor, hold);
    await actor.kill();
    if (round === undefined) continue;
    chaos.actorIsStopped();
    await chaos.client.poll();
    await bothFinish(chaos, round);
    await rounds.end();
  }
  await rounds.over();
}

/**
 * Kills a worker that has answered and not recorded what it published: clients see all that it answered before anybody goes
 * on, and two others find it unrecorded at once.
 */
export async function killBeforeTheRecord(chaos: Chaos, protocol: Protocol): Promise<void> {
  const rounds = new Rounds(chaos, protocol);
  for (const actor of Array.from({ length: UNRECORDED_ROUNDS }, () => new Actor(chaos.place))) {
    const round = await rounds.next();
    await chaos.actorBegins(round.turn);
    await actor.answers(round.turn);
    chaos.actorIsDone(round.turn);
    await actor.kill();
    expect(await chaos.isRecorded()).toBe(false);
    await chaos.client.poll();
    await chaos.expectPublished();
    await bothFinish(chaos, round);
    expect(await chaos.isRecorded()).toBe(true);
    await rounds.end();
  }
  await rounds.over();
}

/** One of the two repairs first, and so puts again what the other one is about to publish, or has just published. */
function bothFinish(chaos: Chaos, { turn: { ahead = 0 }, finish }: Round): Promise<void> {
  return chaos.survivorsDo(finish, [{ ...REPAIR, ahead }, ...finish]);
}

/** Rounds of one kind of work, numbered from 1; after each of them everything is checked. */
class Rounds {
  #round = 0;
  #polls = 0;

  constructor(
    private readonly chaos: Chaos,
    private readonly protocol: Protocol,
  ) {}

  /** Where the work can be held, told from rounds that nobody disturbs. */
  async holds(actor: Actor, isWanted: (failpoint: string) => boolean): Promise<readonly Hold[]> {
    const times = new Map<string, number>();
    for (let round = 0; round < WARM_UP + KINDS_OF_ROUNDS; round++) {
      const { turn } = await this.next();
      await this.chaos.actorBegins(turn);
      const passed = Object.entries(await actor.does(turn));
      for (const [failpoint, count] of round < WARM_UP ? [] : passed) {
        times.set(failpoint, Math.max(count, times.get(failpoint) ?? 0));
      }
      this.chaos.actorIsDone(turn);
      await this.end();
    }
    expect([...times.keys()]).toEqual(expect.arrayContaining([...this.protocol.reaches]));
    return [...times]
      .filter(([failpoint]) => isWanted(failpoint))
      .flatMap(([failpoint, count]) => [...new Set([1, count])].map((nth) => ({ failpoint, nth })));
  }

  /**
   * The next round in which the actor comes to that failpoint, where it is now; `undefined` where it comes there less often than
   * before: what is asked in one moment is read once, and moments differ.
   */
  async begun(actor: Actor, hold: Hold) {
    for (let kind = 0; kind < KINDS_OF_ROUNDS; kind++) {
      const round = await this.next();
      await this.chaos.actorBegins(round.turn);
      if ((await actor.holdAt(hold, round.turn)) !== undefined) {
        this.#polls += 1;
        return round;
      }
      this.chaos.actorIsDone(round.turn);
      await this.end();
    }
    if (hold.nth === 1) throw new Error(`no round comes to ${hold.failpoint} any more`);
    return undefined;
  }

  async end(): Promise<void> {
    await this.chaos.survivorDoes({ kind: "publish" });
    await this.chaos.client.poll();
    this.#polls += 1;
    await this.chaos.expectPublished();
    await this.chaos.expectSoundAndDone();
  }

  async over(): Promise<void> {
    expect(await this.chaos.client.stop()).toBeGreaterThanOrEqual(this.#polls);
  }

  async next(): Promise<Round> {
    const prepared = await this.chaos.prepare(++this.#round);
    return this.protocol.round(this.#round, this.chaos, prepared);
  }
}
