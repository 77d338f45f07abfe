import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onServer } from "../integration/backends.js";
import { expectSoundAndDone, publishedTargets } from "../integration/tuf-invariants.js";
import {
  contentOf,
  createTufPlace,
  forgetRepositories,
  type TufPlace,
  type TufWorker,
  workerAt,
} from "../integration/tuf-place.js";
import { startChild } from "../support/child.js";
import type { SilentTurn } from "./silent-transaction.child.js";
import { type Turn, TurnTaker } from "./turn.js";

// Others wait until the server ends a transaction, and a process has to start.
vi.setConfig({ testTimeout: 120_000 });

const SCRIPT = new URL("silent-transaction.child.ts", import.meta.url);
const PATH = "first";
const ADD: Turn = { kind: "add", targets: { [PATH]: PATH } };

/** The only places where a worker holds anything that others need. A file's lock nobody can break: this is for servers. */
const PLACES: readonly [what: string, turn: Turn, transaction: number][] = [
  ["accepting", ADD, 1],
  ["signing", { kind: "publish" }, 1],
  ["merging", { kind: "publish" }, 2],
];

onServer((testDatabase) => {
  let place: TufPlace;
  let remove: () => Promise<void>;
  let survivor: TufWorker;
  beforeEach(async () => {
    await forgetRepositories(testDatabase().url);
    ({ place, remove } = await createTufPlace(testDatabase().url));
    survivor = workerAt(place);
  });
  afterEach(async () => {
    await survivor.database.close();
    await remove();
  });

  test.each(PLACES)("a worker that freezes in the transaction of %s holds up nobody for good", async (_, turn, nth) => {
    const others = new TurnTaker(survivor.ports);
    if (turn.kind !== "add") await others.take(ADD);
    const order: SilentTurn = { place, turn, transaction: nth, idleTransactionTimeout: 1_000 };
    const child = startChild(SCRIPT, order);
    expect(await child.next()).toBe("ready");
    child.kill("SIGSTOP");
    await others.take(ADD);
    await others.take({ kind: "publish" });
    const published = new Map([[PATH, contentOf(PATH).sha256]]);
    expect(await publishedTargets(survivor)).toEqual(published);
    child.kill("SIGCONT");
    child.send("go");
    expect(await child.output).toBe("DATABASE_UNAVAILABLE");
    expect(await publishedTargets(survivor)).toEqual(published);
    await expectSoundAndDone(survivor, place);
  });
});
