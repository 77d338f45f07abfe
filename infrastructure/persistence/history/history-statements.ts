import { createHash } from "node:crypto";
import { changeSetFromJson, changeSetToJson } from "../../../domain/distinction/diff/change-set-json.js";
import type { HistoryEntry } from "../../../domain/distinction/history.js";
import type { Write } from "../../../domain/distinction/save/written.js";
import { idText, type RecordId } from "../../../domain/distinction/record/record-id.js";
import type { AnyRecordType } from "../../../domain/distinction/types/record-type.js";
import type { Dialect } from "../connection/dialect.js";
import { placeholders } from "../records/record-statements.js";
import type { Parameter, Row, Statement } from "../connection/session.js";

/** The statements on the history, one function each. */

const COLUMNS = "position, actor, operation, version_from, version_to, written_at, changes";

/** `position` stays NULL: who writes cannot know when it will be committed. */
export function insertWrite(type: AnyRecordType, write: Write): Statement {
  const { changeSet, actor, operation, versionFrom, versionTo, writtenAt } = write;
  const values: Parameter[] = [
    type.name,
    idText(changeSet.id),
    recordKey(type.name, changeSet.id),
    versionFrom ?? null,
    versionTo ?? null,
    actor ?? null,
    operation,
    writtenAt,
    changeSetToJson(type, changeSet),
  ];
  return {
    sql:
      "INSERT INTO distinction_history (record, record_id, record_key, version_from, version_to, actor, operation, " +
      `written_at, changes) VALUES (${placeholders(values.length)})`,
    parameters: values,
  };
}

/** By the index on record and version. Locking, so that it waits for a COMMIT that is still on its way. */
export function selectWriteOf(
  { forUpdate }: Dialect,
  type: AnyRecordType,
  id: RecordId,
  versionTo: number | undefined,
  operation: string,
): Statement {
  const version = versionTo === undefined ? "version_to IS NULL" : "version_to = ?";
  return {
    sql: `SELECT 1 FROM distinction_history WHERE record_key = ? AND ${version} AND operation = ?${forUpdate}`,
    parameters: [recordKey(type.name, id), ...(versionTo === undefined ? [] : [versionTo]), operation],
  };
}

/** In the order of writing, which for one record is the order of committing: each write waits for the one before. */
export function selectHistoryOf(type: AnyRecordType, id: RecordId): Statement {
  return {
    sql: `SELECT ${COLUMNS} FROM distinction_history WHERE record_key = ? ORDER BY id`,
    parameters: [recordKey(type.name, id)],
  };
}

export function selectSince(cursor: number, limit: number): Statement {
  return {
    sql: `SELECT ${COLUMNS} FROM distinction_history WHERE position > ? ORDER BY position LIMIT ${limit}`,
    parameters: [cursor],
  };
}

/** A look at the index: whether there is anything to give positions to. */
export function selectUnplaced(limit: number): Statement {
  return {
    sql: `SELECT id FROM distinction_history WHERE position IS NULL ORDER BY id LIMIT ${limit}`,
    parameters: [],
  };
}

export function selectHead({ forUpdate }: Dialect): Statement {
  return { sql: `SELECT next_position FROM distinction_history_head WHERE id = 1${forUpdate}`, parameters: [] };
}

export function updateHead(next: number): Statement {
  return { sql: "UPDATE distinction_history_head SET next_position = ? WHERE id = 1", parameters: [next] };
}

/** By primary key: locks no gap that a writer could want to insert into. */
export function placeWrites(ids: readonly number[], first: number): Statement {
  const cases = ids.map(() => "WHEN ? THEN ?").join(" ");
  return {
    sql: `UPDATE distinction_history SET position = CASE id ${cases} END WHERE id IN (${placeholders(ids.length)})`,
    parameters: [...ids.flatMap((id, index) => [id, first + index]), ...ids],
    varying: true,
  };
}

export function entryFrom(row: Row): HistoryEntry {
  const [position, actor, operation, from, to, writtenAt, changes] = row;
  return {
    position: numberFrom(position),
    actor: (actor as string | null) ?? undefined,
    operation: operation as string,
    versionFrom: numberFrom(from),
    versionTo: numberFrom(to),
    writtenAt: new Date(Number(writtenAt)),
    changeSet: changeSetFromJson(changes as string),
  };
}

function numberFrom(column: unknown): number | undefined {
  return column === null ? undefined : Number(column);
}

function recordKey(record: string, id: RecordId): Buffer {
  return createHash("sha256")
    .update(`${record}\0${idText(id)}`)
    .digest();
}
