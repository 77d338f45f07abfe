import { InvalidValueError, type Fault } from "../errors.js";
import type { RecordState } from "../record/record-state.js";
import type { RepositoryContext } from "../repository-context.js";
import type { AnyRecordType } from "../types/record-type.js";

/**
 * What `check` makes of each record of a batch, or of each id.
 *
 * @throws InvalidValueError listing all faults of all of them
 */
export function checkedAll<G, T>(type: AnyRecordType, given: readonly G[], check: (one: G) => T): T[] {
  const faults: Fault[] = [];
  const checked: T[] = [];
  for (const [index, one] of given.entries()) {
    try {
      checked.push(check(one));
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      const { id } = error;
      for (const { path, reason } of error.faults) {
        faults.push({ ...(id !== undefined && { id }), path: `[${index}].${path}`, reason });
      }
    }
  }
  if (faults.length > 0) throw new InvalidValueError(type.name, faults);
  return checked;
}

/**
 * Two objects of one record: each would take the other's write for a foreign one.
 *
 * @throws InvalidValueError
 */
export function refuseCopies<R extends AnyRecordType>(
  context: RepositoryContext<R>,
  states: readonly RecordState[],
): void {
  const seen = new Map<string, number>();
  const faults: Fault[] = [];
  for (const [index, state] of states.entries()) {
    const id = context.textOf(state);
    const first = seen.get(id);
    if (first === undefined) seen.set(id, index);
    else {
      const reason = `is ${id} again, as [${first}]: a batch takes one object of each record`;
      faults.push({ path: `[${index}]`, reason });
    }
  }
  if (faults.length > 0) throw new InvalidValueError(context.type.name, faults);
}
