import { describe, expect, test } from "vitest";
import { secret } from "../../../../domain/distinction/types/attribute-rules.js";
import { json } from "../../../../domain/distinction/types/json-type.js";
import { integer } from "../../../../domain/distinction/types/number-types.js";
import { text } from "../../../../domain/distinction/types/text-types.js";
import { entries } from "../../../../domain/distinction/types/collection-type.js";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import type { JsonValue } from "../../../../domain/distinction/json/json-value.js";
import { newState } from "../../../../domain/distinction/record/new-record.js";
import { foreignChanges, rebase } from "../../../../domain/distinction/merge/rebase.js";
import type { Policy } from "../../../../domain/distinction/merge/policy.js";
import { type AnyRecordType, recordType } from "../../../../domain/distinction/types/record-type.js";
import { MERGE } from "../../../support/rebasing.js";

describe("secrets", () => {
  const type = recordType({
    name: "account",
    key: "id",
    attributes: { id: text(5), pin: secret(integer()), keys: secret(json<JsonValue>()) },
    collections: { devices: entries(text(5), { name: text(5), token: secret(text(20)) }) },
  });
  const state = (pin: number, key: string, token: string) =>
    newState(type, { id: "a", pin, keys: { main: key }, devices: [["d", { name: "x", token }]] });

  test("are never shown in overlaps", () => {
    const before = state(1000, "original-key", "original-token");
    const mine = diff(type, before, state(2000, "my-key", "my-token"));
    const current = state(3000, "their-key", "their-token");
    for (const rules of [MERGE, { mode: "strict", expect: [], force: [] }] as const) {
      const rebased = rebase(type, before, mine, current, rules);
      expect(rebased).toMatchObject({ kind: "conflict", overlaps: [{}, {}, {}] });
      expect(JSON.stringify(rebased)).not.toMatch(/000|-key|-token/);
    }
    const wrong: Policy = () => ({ "their-key": () => "my-token" });
    const answered = rebase(
      {
        ...type,
        policies: { pin: () => 0.2, keys: wrong, devices: () => ({ name: "x", token: 2000 }) },
      } as AnyRecordType,
      before,
      mine,
      current,
      MERGE,
    );
    const reason = expect.any(String) as string;
    expect(answered).toMatchObject({ kind: "conflict", overlaps: [{ reason }, { reason }, { reason }] });
    expect(JSON.stringify(answered)).not.toMatch(/000|0\.2|-key|-token/);
    expect(JSON.stringify(foreignChanges(type, before, current))).not.toMatch(/000|-key|-token/);
  });
});
