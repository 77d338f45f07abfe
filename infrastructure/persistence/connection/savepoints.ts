import type { Moments } from "../../../domain/distinction/record/moments.js";
import { goesBack } from "./owners-statements.js";

const STATEMENT =
  /^\s*(SAVEPOINT|RELEASE(?:\s+SAVEPOINT)?|ROLLBACK(?:\s+WORK)?\s+TO(?:\s+SAVEPOINT)?)\s+(\S+?)\s*;?\s*$/i;

/** Of ours in transactions of others. One that its owner sets by the same name would be gone, so it is one that nobody thinks of. */
export const SAVEPOINT_NAME = "distinction_9f2c61e0";

/** What became of the savepoints that the owner of a transaction sets. */
export class Savepoints implements Moments {
  #now = 0;
  /** Those that are set, the latest last, and since when what is done comes after them. */
  #set: { readonly name: string; readonly since: number }[] = [];
  readonly #undone: { readonly from: number; readonly to: number }[] = [];

  now(): number {
    return this.#now;
  }

  isUndone(from: number, to: number): boolean {
    return this.#undone.some((part) => from <= part.to && part.from <= to);
  }

  /**
   * Takes note of a statement of the owner's. One that fails undoes nothing, and is taken for one that did; one that goes
   * back to nobody knows where is taken for one that undid everything.
   */
  sent(sql: string): void {
    const [, statement, given] = STATEMENT.exec(sql) ?? [];
    if (statement === undefined || given === undefined) {
      if (goesBack(sql)) this.#undone.push({ from: 0, to: this.#now++ });
      return;
    }
    const name = given.replace(/^["`]|["`]$/g, "").toLowerCase();
    const found = this.#set.findLastIndex((savepoint) => savepoint.name === name);
    if (/^RELEASE/i.test(statement)) {
      if (found >= 0) this.#set = this.#set.slice(0, found);
      return;
    }
    if (/^ROLLBACK/i.test(statement)) {
      // One that is not known was set before anything that we took part in.
      this.#undone.push({ from: this.#set[found]?.since ?? 0, to: this.#now });
      this.#set = this.#set.slice(0, Math.max(found, 0));
    }
    this.#set.push({ name, since: ++this.#now });
  }
}
