import { describe, expect, test } from "vitest";
import { withInitial } from "../../../domain/distinction/types/attribute-rules.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { DistinctionError, InvalidMergeError, InvalidValueError } from "../../../domain/distinction/errors.js";
import { recordType } from "../../../domain/distinction/types/record-type.js";
import { MemoryRecordStore } from "../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../support/fake-clock.js";

const environment = { clock: new FakeClock(), random: () => 0, firstVersion: () => 1 };
const lot = recordType({
  name: "lot",
  key: ["house", "number"],
  attributes: { house: text(9), number: text(9), left: withInitial(text(4), ""), right: withInitial(text(4), "") },
  validate: ({ left, right }) => (left !== "" && left === right ? [{ path: "left", reason: "is right" }] : []),
  guards: (_, changes) =>
    changes === "removal" ? [{ subject: "removal", attribute: "right", among: [""], reason: "must be empty" }] : [],
});
type Lots = DistinctRepository<typeof lot>;

function lots(): [Lots, Lots] {
  const store = new MemoryRecordStore(lot);
  return [new DistinctRepository(lot, store, environment), new DistinctRepository(lot, store, environment)];
}

async function refusal(work: () => unknown): Promise<InvalidValueError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof InvalidValueError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

describe("a value that is refused tells of which record it is", () => {
  test.each<[string, (mine: Lots, theirs: Lots) => unknown, string]>([
    ["create", (mine) => mine.create({ house: "h", number: "1", left: "x".repeat(5) }), "lot h/1: left: "],
    [
      "create, of no valid id",
      (mine) => mine.create({ house: 1 as never, number: "1" }),
      "lot: house: text, got number",
    ],
    ["add", (mine) => mine.add({ house: "h", number: "1", left: 5 as never, right: "" }), "lot h/1: left: "],
    [
      "add, by a rule",
      (mine) => mine.add(mine.create({ house: "h", number: "1", left: "x", right: "x" })),
      "lot h/1: left: ",
    ],
    [
      "save",
      async (mine) => {
        const one = await mine.get({ house: "a", number: "1" });
        one.left = "x".repeat(5);
        await mine.save(one);
      },
      "lot a/1: left: at most 4 characters",
    ],
    [
      "remove, by a guard",
      async (mine) => {
        await mine.add(mine.create({ house: "b", number: "1", right: "full" }));
        await mine.remove(await mine.get({ house: "b", number: "1" }));
      },
      "lot b/1: removal: must be empty",
    ],
    [
      "a merge",
      async (mine, theirs) => {
        const one = await mine.get({ house: "a", number: "1" });
        await theirs.update({ house: "a", number: "1" }, (other) => void (other.right = "y"));
        one.left = "y";
        await mine.save(one);
      },
      "lot a/1: left: is right",
    ],
  ])("%s", async (_, work, message) => {
    const [mine, theirs] = lots();
    await mine.add(mine.create({ house: "a", number: "1" }));
    const error = await refusal(() => work(mine, theirs));
    expect(error.message).toContain(message);
    expect(error.id).toBe(/^lot (\S+):/.exec(message)?.[1]);
    expect((await theirs.get({ house: "a", number: "1" })).left).toBe("");
  });

  test("a merge that breaks a rule is still told apart", async () => {
    const error = new InvalidMergeError("lot", [{ path: "left", reason: "is right" }], "a/1");
    expect(error).toMatchObject({ code: "INVALID_VALUE", id: "a/1", name: "InvalidMergeError" });
  });

  test("each of a batch, and nothing of it is written", async () => {
    const [mine, theirs] = lots();
    const records = ["1", "2", "3"].map((number) => mine.create({ house: "a", number }));
    await mine.addAll(records);
    records[0]!.left = "fine";
    records[1]!.left = "x".repeat(5);
    records[2]!.right = 7 as never;
    const error = await refusal(() => mine.saveAll(records));
    expect(error.faults).toMatchObject([
      { id: "a/2", path: "[1].left" },
      { id: "a/3", path: "[2].right" },
    ]);
    expect(error.message).toBe(
      "lot: [1].left of a/2: at most 4 characters, got a string of 5; [2].right of a/3: text, got number",
    );
    expect((await theirs.get({ house: "a", number: "1" })).left).toBe("");
    const added = await refusal(() => mine.addAll([{ house: "b", number: "1", left: 1 as never, right: "" }]));
    expect(added.faults).toMatchObject([{ id: "b/1", path: "[0].left" }]);
  });
});

test("no message holds a control character or half of one, wherever it comes from", () => {
  const { message } = new DistinctionError("INVALID_VALUE", "a\0b\nc\u009bd\ud800e 🙂");
  expect(message).toBe("a\\u0000b\\u000ac\\u009bd\ufffde 🙂");
});
