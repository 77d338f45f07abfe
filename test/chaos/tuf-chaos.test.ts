import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TRANSITION } from "../../domain/tuf/trust.js";
import { onSqlBackends } from "../integration/backends.js";
import { expectSoundAndDone, publishedTargets } from "../integration/tuf-invariants.js";
import {
  contentOf,
  createTufPlace,
  forgetRepositories,
  pathsOf,
  REPOSITORY,
  type TufPlace,
  type TufWorker,
  workerAt,
} from "../integration/tuf-place.js";
import { Actor } from "./actor.js";
import { PollingClient } from "./polling-client.js";
import { type Turn, TurnTaker } from "./turn.js";

const MINUTES = 120_000;
const DAY = 24 * 3_600_000;

/** What a worker does in each round, and what another one does so that it is done. */
interface Protocol {
  readonly name: string;
  readonly turn: (round: number) => Turn;
  readonly finish: (round: number) => readonly Turn[];
  /** Whether somebody else can do all of it, so that a worker that wakes up finds nothing to do. */
  readonly isShared: boolean;
}

const PUBLISH: Turn = { kind: "publish" };

const PUBLISHING: Protocol = { name: "publishing", turn: () => PUBLISH, finish: () => [PUBLISH], isShared: true };

const PROTOCOLS: readonly Protocol[] = [
  PUBLISHING,
  { name: "renewing", turn: bump, finish: (round) => [bump(round)], isShared: true },
  { name: "adding and removing", turn: edit, finish: () => [PUBLISH], isShared: false },
  ...(["timestamp", "bins"] as const).map((role): Protocol => {
    // Each time so late that no key signs any more that was replaced before.
    const rotate = (round: number): Turn => ({ kind: "rotate", role, ahead: round * 2 * TRANSITION });
    return {
      name: `rotating the key of ${role}`,
      turn: rotate,
      finish: (round) => [rotate(round), PUBLISH],
      isShared: false,
    };
  }),
  ...[undefined, 2].map((bins): Protocol => {
    const change = (round: number): Turn => {
      const kind = round % 2 === 0 ? "end delegation" : "delegate";
      return { kind, role: "team", ...(bins === undefined ? {} : { bins }) };
    };
    const below = bins === undefined ? "" : " with bins below it";
    return {
      name: `adding and removing a custom role${below}`,
      turn: change,
      finish: (round) => [change(round)],
      isShared: false,
    };
  }),
];

function bump(round: number): Turn {
  return { kind: "bump", ahead: round * 100 * DAY };
}

function edit(round: number): Turn {
  if (round % 2 === 0) return { kind: "remove", paths: [edited(round - 1)] };
  return { kind: "add", targets: { [edited(round)]: edited(round) } };
}

const edited = (round: number): string => `edited/${round}`;

onSqlBackends((testDatabase, backend) => {
  let place: TufPlace;
  let remove: () => Promise<void>;
  let survivor: TufWorker;
  let client: PollingClient;
  const accepted = new Map<string, string>();

  beforeEach(async () => {
    accepted.clear();
    await forgetRepositories(testDatabase().url);
    ({ place, remove } = await createTufPlace(testDatabase().url));
    survivor = workerAt(place);
    client = await PollingClient.over(place.metadata);
  });
  afterEach(async () => {
    await survivor.database.close();
    await remove();
  });

  async function survivorDoes(...turns: readonly Turn[]): Promise<void> {
    const survivors = new TurnTaker(survivor.ports);
    for (const turn of turns) await survivors.take(turn);
  }

  /** Something to publish in two of the four bins. */
  async function prepare(round: number): Promise<void> {
    const paths = pathsOf(`round/${round}`, 2);
    await survivorDoes({ kind: "add", targets: Object.fromEntries(paths.map((path) => [path, path])) });
    for (const path of paths) accepted.set(path, contentOf(path).sha256);
  }

  /** All that was accepted is published, and so may be what the actor was about to do. */
  async function expectPublished(round: number): Promise<void> {
    const published = new Map(await publishedTargets(survivor));
    for (let past = 1; past <= round; past++) published.delete(edited(past));
    expect(published).toEqual(accepted);
  }

  // On a file the ports are the same, and so is all that stands between them: the shortest will do.
  describe.each(backend === "server" ? PROTOCOLS : [PUBLISHING])(
    "a worker that is $name",
    ({ turn, finish, isShared }) => {
      test(
        "and freezes between any two steps delays nobody, and breaks nothing when it wakes up",
        async () => {
          const actor = new Actor(place);
          for (let round = 1; ; round++) {
            await prepare(round);
            const failpoint = await actor.holdAt(round, "all", turn(round));
            if (failpoint === undefined) break;
            actor.freeze();
            await survivorDoes(...finish(round));
            await expectPublished(round);
            const before = await everything();
            await actor.wake();
            if (isShared) expect(await everything(), failpoint).toEqual(before);
            else await survivorDoes(PUBLISH);
            await expectSoundAndDone(survivor, place);
          }
          await actor.end();
          expect(await client.stop()).toBeGreaterThan(1);
        },
        MINUTES,
      );

      test(
        "and is killed around any step that leaves something behind is no loss",
        async () => {
          const waiting = [new Actor(place), new Actor(place)];
          for (let round = 1; ; round++) {
            await prepare(round);
            const actor = waiting.shift()!;
            waiting.push(new Actor(place));
            if ((await actor.holdAt(round, "writes", turn(round))) === undefined) break;
            await actor.kill();
            await survivorDoes(...finish(round));
            await expectPublished(round);
            await expectSoundAndDone(survivor, place);
          }
          expect(await client.stop()).toBeGreaterThan(1);
        },
        MINUTES,
      );
    },
  );

  // Files are put together here, so that it is killed between the names of two of them.
  test(
    "a worker that is killed between two steps of the storage is no loss",
    async () => {
      const waiting = [new Actor(place), new Actor(place)];
      const reached: string[] = [];
      for (let round = 1; ; round++) {
        await prepare(round);
        const actor = waiting.shift()!;
        waiting.push(new Actor(place));
        const step = await actor.holdAt(round, "disk", PUBLISH);
        if (step === undefined) break;
        reached.push(step);
        await actor.kill();
        await survivorDoes(PUBLISH);
        await expectPublished(round);
        await expectSoundAndDone(survivor, place);
      }
      expect(reached.length).toBeGreaterThan(10);
      // Two bins, the snapshot and the claim of the timestamp are linked. What is written side by side is not counted alike
      // in every round, so that a round may meet a step again or miss it.
      expect(reached.filter((step) => step.startsWith("disk.link")).length).toBeGreaterThanOrEqual(4);
      expect(reached.some((step) => step.startsWith("disk.rename"))).toBe(true);
      expect(await client.stop()).toBeGreaterThan(1);
    },
    MINUTES,
  );

  /** All that is signed and all that is published, by digest. */
  async function everything(): Promise<unknown> {
    const sql = `SELECT role, metadata_version, sha256 FROM tuf_file WHERE repository = ? ORDER BY role, metadata_version`;
    const signed = await survivor.database.session((session) => session.rows({ sql, parameters: [REPOSITORY] }));
    const names = (await readdir(place.metadata)).filter((name) => !name.startsWith(".")).sort();
    const digests = names.map(async (name) => [name, digestOf(await readFile(join(place.metadata, name)))]);
    return { signed, published: await Promise.all(digests) };
  }
});

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
