import { having, requireArguments } from "../arguments.js";
import type { UnitBinding, UnitMember } from "./unit-of-work.js";

const aRepository = having("a repository", "inUnit");

/** The repositories that take part in a unit: each is made anew once, however often it is asked for. */
export class UnitMembers {
  readonly #members = new Map<UnitMember<unknown>, unknown>();

  of<T>(repository: UnitMember<T>, unit: UnitBinding): T {
    requireArguments("unit of work", { repository: [repository, aRepository] });
    let member = this.#members.get(repository);
    if (member === undefined) this.#members.set(repository, (member = repository.inUnit(unit)));
    return member as T;
  }
}
