import { apply } from "./apply.js";
import { brokenGuards } from "./broken-guards.js";
import { InvalidMergeError, InvalidValueError, type Fault } from "./errors.js";
import { idFrom, idText } from "./record-id.js";
import type { EntryScope, RecordState } from "./record-state.js";
import type { AnyRecordType, Attributes, Collections, Edit, RecordOf } from "./record-type.js";
import { faceOf, recordFrom } from "./record.js";

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
    this.open(record, edit.before);
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
   * What is stored has to show in the object: it would be too late to find out afterwards. Looks closer only where
   * nothing can be added to the object, since every save comes by here.
   *
   * @throws InvalidValueError where the object is frozen, or closed without a place for all that is stored
   */
  open(record: RecordOf<R>, state: RecordState): void {
    if (!Object.isExtensible(record)) this.#refuse(this.#hidden(record), state);
  }

  #hidden(record: object): Fault[] {
    if (Object.isFrozen(record)) {
      return [{ path: "record", reason: "an object that can show what is stored, got a frozen one" }];
    }
    const { attributes, collections } = this.type as { attributes: Attributes; collections: Collections };
    const names = [...Object.keys(attributes), ...Object.keys(collections)];
    const hidden = names.filter((name) => !hasPlace(this.type, record, name));
    return hidden.map((path) => ({ path, reason: "cannot be shown: the object is closed and has no place for it" }));
  }

  #faults(record: RecordOf<R>, edit?: Edit): readonly Fault[] {
    const broken = edit === undefined ? [] : brokenGuards(this.type, edit.before, edit.changes, edit.before);
    return [...broken.map(asFault), ...(this.type.validate?.(record as RecordOf<AnyRecordType>, edit) ?? [])];
  }

  #refuse(faults: readonly Fault[], state: RecordState): void {
    if (faults.length > 0) throw new InvalidValueError(this.type.name, faults, this.#shownId(state));
  }

  #shownId({ attributes }: RecordState): string {
    return idText(idFrom(this.type, attributes));
  }
}

/** Whether a closed object can be given another value of an attribute or collection. */
function hasPlace(type: AnyRecordType, record: object, name: string): boolean {
  if (type.shape !== undefined) return faceOf(type, record)[name] !== undefined;
  const place = Object.getOwnPropertyDescriptor(record, name);
  return place === undefined ? name in record : place.writable !== false;
}

function asFault({ subject, reason }: { readonly subject: string; readonly reason: string }): Fault {
  return { path: subject, reason };
}
