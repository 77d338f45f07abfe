import { expect, test } from "vitest";
import { DistinctRepository } from "../../../../domain/distinction/distinct-repository.js";
import { withInitial } from "../../../../domain/distinction/types/attribute-rules.js";
import { entries } from "../../../../domain/distinction/types/collection-type.js";
import { json } from "../../../../domain/distinction/types/json-type.js";
import { decimal } from "../../../../domain/distinction/types/number-types.js";
import { recordType } from "../../../../domain/distinction/types/record-type.js";
import { text } from "../../../../domain/distinction/types/text-types.js";
import { MemoryRecordStore } from "../../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../../support/fake-clock.js";

const account = recordType({
  name: "account",
  key: "id",
  attributes: {
    id: text(5),
    money: withInitial(decimal(4, 2), "0.00"),
    best: withInitial(decimal(4, 2), "0.00"),
    counts: withInitial(json<Record<string, number>>(), {}),
  },
  collections: { pots: entries(text(5), decimal(4, 2)) },
  policies: { money: "sum", best: "max", counts: "max", pots: "sum" },
});

async function twoOf() {
  const accounts = new DistinctRepository(account, new MemoryRecordStore(account), {
    clock: new FakeClock(),
    random: () => 0,
  });
  await accounts.add(accounts.create({ id: "a", money: "0.10", pots: [["p", "1.00"]] }));
  return { accounts, one: await accounts.get("a"), two: await accounts.get("a") };
}

test("decimals add up exactly, equal increments too, and the greater one stays", async () => {
  const { accounts, one, two } = await twoOf();
  Object.assign(one, { money: "0.20", best: "9.00" });
  Object.assign(two, { money: "0.20", best: "10.00" });
  one.pots.set("p", "1.50");
  two.pots.set("p", "1.50");
  one.counts.a = 5;
  two.counts.a = 3;
  await accounts.save(one);
  await accounts.save(two);
  expect(two).toMatchObject({ money: "0.30", best: "10.00", counts: { a: 5 } });
  expect(two.pots.get("p")).toBe("2.00");
});

test("a sum that leaves the attribute's digits is a conflict", async () => {
  const { accounts, one, two } = await twoOf();
  one.money = "60.00";
  two.money = "60.00";
  await accounts.save(one);
  await expect(accounts.save(two)).rejects.toMatchObject({ code: "CONFLICT", overlaps: [{ policy: "sum" }] });
});
