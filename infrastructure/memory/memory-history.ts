import { randomUUID } from "node:crypto";
import { changeSetFromJson, changeSetToJson } from "../../domain/distinction/diff/change-set-json.js";
import { requireArguments, requireOptions } from "../../domain/distinction/arguments.js";
import { aRecordType } from "../../domain/distinction/types/record-definition.js";
import { requirePage, type History, type HistoryEntry } from "../../domain/distinction/history.js";
import { idText, recordId } from "../../domain/distinction/record/record-id.js";
import { backoffFor, DEFAULT_RETRY } from "../../domain/distinction/save/retry.js";
import { WAIT_OPTIONS, type WaitOptions } from "../../domain/distinction/save/save-options.js";
import type { AnyRecordType, IdOf } from "../../domain/distinction/types/record-type.js";
import { actorIn, type RepositoryEnvironment } from "../../domain/distinction/repository-environment.js";
import type { Written } from "../../domain/distinction/save/written.js";

/** The in-memory twin of a database's history, of all stores that were given it. */
export class MemoryHistory implements History {
  readonly #entries: HistoryEntry[] = [];

  constructor(private readonly environment: Pick<RepositoryEnvironment, "clock" | "actor">) {}

  /**
   * Remembers a write that can be seen from now on: so its position is its place.
   *
   * @param operation shared by all that one call or unit of work wrote
   */
  record(type: AnyRecordType, written: Written, operation: string, actor = actorIn(this.environment)): void {
    this.#entries.push({
      ...written,
      changeSet: changeSetFromJson(changeSetToJson(type, written.changeSet)), // without secrets
      position: this.#entries.length + 1,
      actor,
      operation,
      writtenAt: new Date(this.environment.clock.now()),
    });
  }

  async historyOf<R extends AnyRecordType>(
    type: R,
    id: IdOf<R>,
    options: WaitOptions = {},
  ): Promise<readonly HistoryEntry[]> {
    requireArguments("history", { type: [type, aRecordType] });
    this.#requireWanted(`history of ${type.name}`, options);
    const key = idText(recordId(type, id));
    const isOfRecord = ({ changeSet: { record, id } }: HistoryEntry): boolean =>
      record === type.name && idText(id) === key;
    return this.#entries.filter(isOfRecord);
  }

  async changesSince(
    cursor: number,
    limit: number,
    options: WaitOptions = {},
  ): Promise<{ entries: readonly HistoryEntry[]; cursor: number }> {
    requirePage(cursor, limit);
    this.#requireWanted(`changes since ${cursor}`, options);
    const entries = this.#entries.slice(cursor, cursor + limit);
    return { entries, cursor: cursor + entries.length };
  }

  /** There is nothing to wait for here. */
  #requireWanted(what: string, options: WaitOptions): void {
    requireOptions("history", WAIT_OPTIONS, options);
    backoffFor(what, { ...this.environment, random: () => 0 }, DEFAULT_RETRY, options).check();
  }
}

/** A write that is to be remembered. */
export interface Remembered {
  readonly history: MemoryHistory;
  readonly type: AnyRecordType;
  readonly written: Written;
  readonly actor: string | undefined;
}

/** Gives writes to their histories, as one operation. */
export function remember(writes: readonly Remembered[]): void {
  const operation = randomUUID();
  for (const { history, type, written, actor } of writes) history.record(type, written, operation, actor);
}
