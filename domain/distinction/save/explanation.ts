import { subject, type Change } from "../diff/change.js";
import { changeSetToJson } from "../diff/change-set-json.js";
import type { ChangeSet } from "../diff/change-set.js";
import { idText } from "../record/record-id.js";
import type { PolicyName } from "../types/policy-name.js";
import { isForced, policyOf, type RebaseRules } from "../merge/rebase.js";
import { shownValue } from "../record/shown-value.js";
import type { AnyRecordType, Collections } from "../types/record-type.js";
import type { Subject } from "./save-options.js";
import { shownPath } from "../diff/shown-path.js";

/** A statement as a store would send it. */
export interface PlannedStatement {
  readonly sql: string;
  /** In the order of the placeholders; `"[secret]"` for values of attributes marked secret. */
  readonly parameters: readonly (string | number | bigint | Uint8Array | null)[];
}

/** One change, and what the save would do where another writer has changed the same thing. */
export interface ExplainedChange {
  /** As `changePath` writes it. */
  readonly path: string;
  /** As callers see the value; `undefined` where there was none, `"[secret]"` where none may be shown. */
  readonly from: unknown;
  /** `undefined` for a removal. */
  readonly to: unknown;
  readonly policy: PolicyName | "function";
  /** Whether `force` names it: then it wins, whatever the policy of its attribute says. */
  readonly isForced: boolean;
  /** All attributes whose change by another writer conflicts with this one. */
  readonly groups: readonly (readonly string[])[];
}

/** What a save would do, given that no other writer comes first. A value to print, to compare and to keep. */
export class Explanation {
  constructor(
    /** Name of the record type. */
    readonly record: string,
    /** The record's id; the parts of a composite one joined. */
    readonly id: string,
    /** The version that the changes were made against. */
    readonly base: number,
    /** In the canonical order; empty where nothing would be written. */
    readonly changes: readonly ExplainedChange[],
    /** `strict`: any foreign change is a conflict, whatever the policies say. */
    readonly mode: "merge" | "strict",
    /** Attributes and collections whose change by another writer is a conflict. */
    readonly guards: readonly string[],
    /** In their order, with BEGIN and COMMIT where they need a transaction; `undefined` where the store has none. */
    readonly statements: readonly PlannedStatement[] | undefined,
    /** As `changeSetToJson` writes it. */
    private readonly changeSet: string,
  ) {}

  /** Plain data: `changeSet` can be read back with `changeSetFromJson(JSON.stringify(…))`. */
  toJSON(): object {
    const { record, id, base, mode, guards } = this;
    return {
      record,
      id,
      base,
      mode,
      guards,
      changeSet: JSON.parse(this.changeSet) as unknown,
      policies: this.changes.map(({ path, policy, isForced, groups }) => ({ path, policy, isForced, groups })),
      statements: this.statements?.map(({ sql, parameters }) => ({ sql, parameters: parameters.map(plain) })),
    };
  }

  /** Several lines for people. */
  toString(): string {
    const guards = this.guards.length === 0 ? "" : `, guarded by ${this.guards.join(", ")}`;
    const changes = this.changes.map((change) => `  ${describeChange(change)}`);
    const statements = (this.statements ?? []).map(({ sql, parameters }) =>
      parameters.length === 0 ? `  ${sql}` : `  ${sql}\n    [${parameters.map(shown).join(", ")}]`,
    );
    return [
      `${this.record} ${this.id} @${this.base}, ${this.mode}${guards}`,
      ...(changes.length === 0 ? ["  nothing has changed"] : changes),
      ...(this.statements === undefined ? [] : ["statements", ...(statements.length === 0 ? ["  none"] : statements)]),
    ].join("\n");
  }
}

export function explanation(
  type: AnyRecordType,
  changeSet: ChangeSet,
  { mode, expect, force }: RebaseRules,
  statements: readonly PlannedStatement[] | undefined,
): Explanation {
  const changes = changeSet.changes.map((change): ExplainedChange => {
    const show = shownValue(type, change);
    const policy = shownPolicy(type, change, force);
    return {
      path: shownPath(type, change),
      from: show(change.from),
      to: "to" in change ? show(change.to) : undefined,
      policy,
      isForced: isForced(change, force),
      groups: type.groups.filter((group) => group.includes(subject(change))),
    };
  });
  const text = changeSetToJson(type, changeSet);
  const { record, base, id } = changeSet;
  return new Explanation(record, idText(id), base, changes, mode, expect, statements, text);
}

/** Members of a set are there or not, whoever put them there: two writers of one never differ. */
function shownPolicy(type: AnyRecordType, change: Change, force: readonly Subject[]): PolicyName | "function" {
  if ("key" in change && (type.collections as Collections)[change.collection]?.kind === "set") return "union";
  const policy = policyOf(type, change, force);
  return typeof policy === "function" ? "function" : policy;
}

function describeChange({ path, from, to, policy, isForced: forced, groups }: ExplainedChange): string {
  const rule = forced ? "forced" : policy;
  const others = groups.length === 0 ? "" : `, conflicts with ${[...new Set(groups.flat())].join(", ")}`;
  return `${path}: ${shown(from)} -> ${shown(to)} (${rule}${others})`;
}

/** Longest value that is printed whole. */
const MOST_CHARACTERS = 120;

function shown(value: unknown): string {
  if (value === undefined) return "none";
  const text = JSON.stringify(value, (_name, inner: unknown) => plain(inner));
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}

/** JSON has no word for big integers and bytes. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? `0x${Array.from(value, hexOf).join("")}` : value;
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
