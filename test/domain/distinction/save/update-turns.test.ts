import { describe, expect, test } from "vitest";
import { Backoff, DEFAULT_RETRY } from "../../../../domain/distinction/save/retry.js";
import { UpdateTurns } from "../../../../domain/distinction/save/update-turns.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { PhotoDesk } from "../../../support/photo-desk.js";
import type { Photo } from "../../../support/photo.js";

const LONGEST = DEFAULT_RETRY.longestTurn;

/** Everything that does not wait for the clock has been done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("turns", () => {
  function turns() {
    const clock = new FakeClock();
    const patience = (deadline = 60_000): Backoff =>
      new Backoff("update", { ...DEFAULT_RETRY, deadline }, clock, () => 0);
    const log: string[] = [];
    const ends: Record<string, () => void> = {};
    const all = new UpdateTurns(clock, LONGEST);
    /** Work that lasts until `ends[name]` is called. */
    const work = (name: string, record = "p1", deadline?: number): Promise<void> => {
      const begun = (): Promise<void> => {
        log.push(name);
        return new Promise<void>((resolve) => (ends[name] = resolve));
      };
      return all.run([record], patience(deadline), begun).then(() => void log.push(`${name} done`));
    };
    return { clock, log, ends, work };
  }

  test("come one after another at each record, beside those at others", async () => {
    const { log, ends, work } = turns();
    const all = [work("a"), work("b"), work("other", "p2")];
    await settled();
    expect(log).toEqual(["a", "other"]);
    ends.a!();
    await settled();
    expect(log).toEqual(["a", "other", "a done", "b"]);
    ends.b!();
    ends.other!();
    await Promise.all(all);
  });

  test("are lost after a time by who does not end: nobody waits for longer, and later ones do not at all", async () => {
    const { clock, log, ends, work } = turns();
    void work("hangs");
    const next = work("next");
    clock.advance(LONGEST - 1);
    await settled();
    expect(log).toEqual(["hangs"]);
    clock.advance(1);
    await settled();
    expect(log).toEqual(["hangs", "next"]);
    ends.next!();
    await next;
    const later = work("later");
    await settled();
    expect(log).toEqual(["hangs", "next", "next done", "later"]);
    ends.later!();
    await later;
  });

  test("pass over who has left, and still wait for those before", async () => {
    const { clock, log, ends, work } = turns();
    const first = work("first");
    const left = expect(work("left", "p1", 100)).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED" });
    const last = work("last");
    clock.advance(101);
    await left;
    await settled();
    expect(log).toEqual(["first"]);
    ends.first!();
    await first;
    await settled();
    ends.last!();
    await last;
    expect(log).toEqual(["first", "first done", "last", "last done"]);
  });
});

describe("updates whose functions answer promises, and that keep losing", () => {
  /** A desk where somebody else comes first `times` times. */
  async function crowded(times: number): Promise<PhotoDesk> {
    const desk = await PhotoDesk.with({ title: "" });
    desk.store.beforeApply = (attempt) =>
      attempt <= times ? desk.other((other) => void (other.title = `theirs ${attempt}`)) : undefined;
    return desk;
  }

  const append = async (photo: Photo): Promise<void> => {
    await Promise.resolve();
    photo.title += "!";
  };

  test("are held up by one that hangs no longer than a turn lasts", async () => {
    const desk = await crowded(6);
    let runs = 0;
    void desk.photos.update("p1", async (photo) => {
      if (++runs === 4) await new Promise(() => undefined);
      photo.title += "?";
    });
    await settled();
    expect(runs).toBe(4);
    const held = desk.photos.update("p1", append);
    await settled();
    expect((await desk.stored()).attributes.title).toBe("theirs 6");
    desk.clock.advance(LONGEST);
    expect(await held).toMatchObject({ retries: 3 });
    expect((await desk.stored()).attributes.title).toBe("theirs 6!");
  });

  test("end where one updates the same record from within", async () => {
    const desk = await crowded(6);
    let runs = 0;
    const outer = desk.photos.update("p1", async (photo) => {
      if (++runs === 4) await Promise.resolve().then(() => desk.photos.update("p1", append));
      photo.title += "?";
    });
    await settled();
    desk.clock.advance(LONGEST);
    expect(await outer).toMatchObject({ retries: 4 });
    expect((await desk.stored()).attributes.title).toBe("theirs 6!?");
  });
});

describe("updates whose functions answer at once, of one record in one process", () => {
  test("take turns once one of them has lost, and none of those who come meanwhile works for nothing", async () => {
    const desk = await PhotoDesk.with({ title: "" });
    let runs = 0;
    let later: Promise<unknown>[] = [];
    const eight = (): Promise<unknown>[] => Array.from({ length: 8 }, () => desk.photos.update("p1", append));
    const append = (photo: Photo): void => {
      photo.title += "!";
      if (++runs === 9) queueMicrotask(() => (later = eight())); // the ninth run is the first of one that has lost
    };
    await Promise.all(eight());
    await Promise.all(later);
    expect((await desk.stored()).attributes.title).toBe("!".repeat(16));
    expect(runs).toBe(8 + 7 + 8); // side by side at first, where all but one lose; then each once
  });

  test("do not wait for one whose function answers a promise and hangs", async () => {
    const desk = await PhotoDesk.with({ title: "" });
    const log: string[] = [];
    const hang = (): Promise<void> => {
      log.push("hangs");
      return new Promise(() => undefined);
    };
    const beside = (): void => {
      void desk.photos.update("p1", hang);
      void desk.photos.update("p1", append).then(() => log.push("done"));
    };
    let runs = 0;
    const append = (photo: Photo): void => {
      photo.title += "!";
      if (++runs === 4) queueMicrotask(beside); // the fourth run is the first in a turn: who comes now waits for one
    };
    for (let count = 0; count < 3; count++) void desk.photos.update("p1", append);
    await settled();
    expect(log).toEqual(["hangs", "done"]);
    expect((await desk.stored()).attributes.title).toBe("!!!!");
  });
});
