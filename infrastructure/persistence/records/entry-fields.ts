import type { EntryLayout } from "./table-layout.js";

/**
 * The fields in which an entry differs from what is stored, by their index; `undefined` where these are all, and where
 * none does: then the entry is forced. Writing those alone leaves the others as they are stored, whoever wrote them.
 */
export function changedFields({ type }: EntryLayout, from: unknown, to: unknown): readonly number[] | undefined {
  const types = Object.values(type.fields);
  if (types.length < 2 || from === to) return undefined;
  const [before, after] = [type.split(from), type.split(to)];
  const changed = types.flatMap((field, index) => (field.same(before[index], after[index]) ? [] : [index]));
  return changed.length === 0 || changed.length === types.length ? undefined : changed;
}

/** Whether the fields that do not change hold nothing that breaks a rule: others may have stored what no INSERT takes. */
export function isInsertable({ type }: EntryLayout, entry: unknown, changed: readonly number[]): boolean {
  const values = type.split(entry);
  return Object.values(type.fields).every((field, index) => {
    return changed.includes(index) || field.fault(field.expose(values[index])) === undefined;
  });
}
