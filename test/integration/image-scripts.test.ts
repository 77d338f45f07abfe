import { describe, test } from "vitest";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { DistinctMemberRepository } from "../../domain/image/distinct-member-repository.js";
import { newLocation } from "../../domain/image/location.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import fc from "../support/fast-check.js";
import { environment, newImage, onEveryBackend } from "./backends.js";
import { Play } from "./image-play.js";
import { SCRIPT, type Action, type Step } from "./image-script.js";
import { childRows } from "./two-writers.js";

const by = (client: number, ...actions: Action[]): Step[] => actions.map((action) => ({ client, action }));

const SAVE: Action = { kind: "save", mode: "merge", force: undefined };
const REVERSE: Action = { kind: "reorder", how: "reverse" };

/**
 * Two legal steps that a save does not take together; the same order twice, and two orders; a removal that comes late; a
 * member that comes too late, and one that was removed and added again; a format that others' step rests on.
 */
const EXAMPLES: readonly (readonly Step[])[] = [
  by(0, { kind: "status", to: "active" }, { kind: "status", to: "deactivated" }, SAVE),
  [...by(0, REVERSE), ...by(1, REVERSE, SAVE), ...by(0, SAVE)],
  [...by(0, REVERSE), ...by(1, { kind: "reorder", how: "rotate" }, SAVE), ...by(0, SAVE)],
  [...by(0, { kind: "tag", tag: "b", present: true }, SAVE), ...by(1, { kind: "remove" })],
  [...by(0, { kind: "member", who: "a", does: "add" }, { kind: "remove" }), ...by(1, SAVE)],
  [
    ...by(0, { kind: "member", who: "a", does: "add" }, { kind: "member", who: "a", does: "see" }),
    ...by(1, { kind: "member", who: "a", does: "see" }, { kind: "member", who: "a", does: "remove" }),
    ...by(1, { kind: "member", who: "a", does: "add" }),
    ...by(0, { kind: "member", who: "a", does: "remove" }),
  ],
  [
    ...by(0, { kind: "attribute", name: "diskFormat", value: "qcow2" }),
    ...by(1, { kind: "status", to: "saving" }),
    ...by(0, { kind: "together", clients: [0, 1] }),
  ],
];

/** Members that are added again are told from those before by their versions. */
const members = { clock: systemClock, random: Math.random };

describe("random scripts of 2 to 5 clients", () => {
  onEveryBackend((clients) => {
    test("end in the state of the reference, each save with its outcome", async () => {
      await fc.assert(
        fc.asyncProperty(SCRIPT, async (script) => {
          const { stores, memberStores } = clients();
          const five = Array.from({ length: 5 }, (_, index) => (index % 2) as 0 | 1);
          const repositories = five.map((store) => new DistinctImageRepository(stores[store], environment));
          const sharing = five.map((store) => new DistinctMemberRepository(memberStores[store], members));
          const first = newImage({ name: "a", diskFormat: "raw", containerFormat: "bare", tags: ["a"] });
          for (const id of ["one", "two", "three"]) first.locations.set(id, newLocation(`file:///${id}`));
          await repositories[0]!.add(first);
          const play = new Play(repositories, sharing, first.id);
          await play.begin();
          for (const step of script) if (!(await play.take(step))) break;
          await play.end(() => childRows(clients(), first.id));
        }),
        { numRuns: clients().databases.length === 0 ? 400 : 40, examples: EXAMPLES.map((script) => [script]) },
      );
    }, 180_000);
  });
});
