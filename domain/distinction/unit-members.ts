import type { UnitBinding, UnitMember } from "./unit-of-work.js";

/** The repositories that take part in a unit: each is made anew once, however often it is asked for. */
export class UnitMembers {
  readonly #members = new Map<UnitMember<unknown>, unknown>();

  of<T>(repository: UnitMember<T>, unit: UnitBinding): T {
    let member = this.#members.get(repository);
    if (member === undefined) this.#members.set(repository, (member = repository.inUnit(unit)));
    return member as T;
  }
}
