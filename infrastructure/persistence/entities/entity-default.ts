import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";

/** A column's constant default as its attribute's initial value; `undefined` where it has none, or the database computes it. */
export function columnDefault({ default: given }: ColumnMetadata, type: AttributeType): unknown {
  if (given === undefined || given === null || typeof given === "function") return undefined;
  const candidates = [given, Number(given), given === 1 || given === "1" || given === "true"];
  return candidates.find((candidate) => type.fault(candidate) === undefined);
}

/** The time of an insert, as the column will be read: what is set here is not refused. */
export function timeOfInsert({ transformer }: ColumnMetadata, type: AttributeType, now: number): unknown {
  return transformer === undefined ? type.expose(type.capture(new Date(now))) : new Date(now);
}

/** Whether the database's default is the time of the insert. */
export function defaultsToNow({ default: given, isCreateDate, isUpdateDate }: ColumnMetadata): boolean {
  if (isCreateDate || isUpdateDate) return true;
  const expression = typeof given === "function" ? given() : given;
  return typeof expression === "string" && /^(CURRENT_TIMESTAMP|NOW|datetime\('now')/i.test(expression);
}
