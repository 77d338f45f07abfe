import { apply } from "../diff/apply.js";
import { brokenGuards } from "../merge/broken-guards.js";
import type { Change } from "../diff/change.js";
import { copiedChanges, copiedState } from "../diff/copied.js";
import { InvalidMergeError, InvalidValueError, type Fault } from "../errors.js";
import { placeFaults, replacedCollections, shownNames } from "./object-places.js";
import { idFrom, idText } from "./record-id.js";
import type { EntryScope, RecordState } from "./record-state.js";
import type { AnyRecordType, Attributes, Edit, RecordOf } from "../types/record-type.js";
import type { AttributeType } from "../types/attribute-type.js";
import { faceOf, recordFrom } from "./record.js";
import { ruleAnswer } from "./rule-answer.js";
import { looksLike } from "./untouched.js";

/** What a record type's own rules and guards say to a record that is to be stored or removed. */
export class RecordChecks<R extends AnyRecordType> {
  constructor(private readonly type: R) {}

  /** @throws InvalidValueError where a new record, which will be stored as `state`, breaks a rule */
  created(record: RecordOf<R>, state: RecordState): void {
    this.open(record, state);
    this.#refuse(this.#faults(record), state);
  }

  /** @throws InvalidValueError where the caller's edit breaks a rule or a guard */
  edited(record: RecordOf<R>, edit: Edit): void {
    this.open(record, edit.before, edit.changes);
    this.#refuse(this.#faults(record, edit), edit.before);
  }

  /**
   * Two valid edits can make an invalid record.
   *
   * @param edit the caller's changes on top of what others stored
   * @throws InvalidMergeError
   */
  merged(edit: Edit, scope: EntryScope | undefined): void {
    if (this.type.validate === undefined && this.type.guards === undefined) return;
    const merged = recordFrom(this.type, apply(edit.before, edit.changes), scope);
    const faults = this.#faults(merged, edit);
    if (faults.length > 0) throw new InvalidMergeError(this.type.name, faults, this.#shownId(edit.before));
  }

  /** @throws InvalidValueError where the record type forbids to remove a record that is `original` */
  removed(original: RecordState): void {
    const broken = brokenGuards(this.type, original, "removal", original);
    this.#refuse(broken.map(asFault), original);
  }

  /**
   * What is stored has to show in the object: it would be too late to find out afterwards. Every save comes by here, so
   * that an open object is looked at only where something is certain to be put in it: the stamp, an entity's version, and
   * collections. What others changed is looked at once it is known; see `places`.
   *
   * @param changes the caller's
   * @throws InvalidValueError where the object has no place for what is stored
   */
  open(record: RecordOf<R>, state: RecordState, changes: readonly Change[] = []): void {
    if (Object.isFrozen(record)) {
      this.#refuse([{ path: "record", reason: "an object that can show what is stored, got a frozen one" }], state);
    }
    const { stamp, shape } = this.type as AnyRecordType;
    const isClosed = !Object.isExtensible(record);
    if (isClosed) this.places(record, state, shownNames(this.type));
    const replaced = shape === undefined ? replacedCollections(this.type, record) : collectionsOf(changes);
    if (stamp === undefined && shape === undefined && replaced.length === 0) return;
    this.places(record, state, stamp === undefined ? replaced : [stamp, ...replaced]);
  }

  /** @throws InvalidValueError where the object cannot be given another value of one of these attributes and collections */
  places(record: object, state: RecordState, names: readonly string[]): void {
    this.#refuse(placeFaults(this.type, record, names), state);
  }

  #faults(record: RecordOf<R>, edit?: Edit): readonly Fault[] {
    const broken = edit === undefined ? [] : brokenGuards(this.type, edit.before, edit.changes, edit.before);
    return [...broken.map(asFault), ...this.#invalid(record, edit)];
  }

  /** What `validate` says. It only looks: values that it assigns are put back, and are faults of its own. */
  #invalid(record: RecordOf<R>, edit: Edit | undefined): readonly Fault[] {
    const { type } = this;
    if (type.validate === undefined) return [];
    const face = faceOf(type, record);
    const attributes = type.attributes as Attributes;
    const names = Object.keys(attributes);
    const values = names.map((name) => face[name]);
    const given = edit && { before: copiedState(edit.before), changes: copiedChanges(edit.changes) };
    const putBack = (): string[] => {
      const assigned = names.filter((name, index) => isAssigned(attributes[name]!, values[index], face[name]));
      for (const name of assigned) face[name] = values[names.indexOf(name)];
      return assigned;
    };
    let faults: readonly Fault[];
    try {
      const answer = type.validate(record as RecordOf<AnyRecordType>, given);
      faults = ruleAnswer<Fault>(type, "validate", answer, ["path", "reason"]);
    } catch (error) {
      putBack();
      throw error;
    }
    return [...faults, ...putBack().map((path) => ({ path, reason: "is not for validate to change" }))];
  }

  #refuse(faults: readonly Fault[], state: RecordState): void {
    if (faults.length > 0) throw new InvalidValueError(this.type.name, faults, this.#shownId(state));
  }

  #shownId({ attributes }: RecordState): string {
    return idText(idFrom(this.type, attributes));
  }
}

function collectionsOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.flatMap((change) => ("collection" in change ? [change.collection] : [])))];
}

/** Whether a property that was read twice was given another value between; one with a getter may be another object each time. */
function isAssigned(type: AttributeType, first: unknown, second: unknown): boolean {
  if (looksLike(second, first)) return false;
  try {
    return !type.same(type.capture(first), type.capture(second));
  } catch {
    return true;
  }
}

function asFault({ subject, reason }: { readonly subject: string; readonly reason: string }): Fault {
  return { path: subject, reason };
}
