import { json } from "../../domain/distinction/types/json-type.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";

/** A record that is little more than one JSON document. */
export const documentType = recordType({ name: "document", key: "id", attributes: { id: text(36), body: json() } });

export const documentTable = recordTable(documentType, { name: "bench_documents" });

export type Body = Record<string, Record<string, string>>;

/** A document of about so many kilobytes: sections of twenty leaves of some 50 bytes. */
export function body(kilobytes: number): Body {
  const leaf = (number: number): [string, string] => [`leaf${number}`, `a value of ordinary length, ${number}`];
  const section = (): Record<string, string> => Object.fromEntries(Array.from({ length: 20 }, (_, n) => leaf(n)));
  return Object.fromEntries(Array.from({ length: kilobytes }, (_, number) => [`section${number}`, section()]));
}
