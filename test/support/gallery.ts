import { nullable, withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { json } from "../../domain/distinction/types/json-type.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { entries, listOf } from "../../domain/distinction/types/collection-type.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import { recordType, type NewRecordOf, type RecordOf } from "../../domain/distinction/types/record-type.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";

/** A record with ordered collections: one of fields, one of single values whose keys are too long for an index. */
export const galleryType = recordType({
  name: "gallery",
  key: ["town", "number"],
  attributes: { town: text(20), number: integer(), title: withInitial(text(50), "") },
  collections: {
    pictures: listOf(text(100), { url: text(200), size: nullable(integer(0)), extra: nullable(json()) }),
    rooms: listOf(text(1_024), text(200)),
    visitors: entries(text(20), integer()),
  },
});

export type Gallery = RecordOf<typeof galleryType>;
export type NewGallery = NewRecordOf<typeof galleryType>;

export const galleryTable = recordTable(galleryType, {
  name: "galleries",
  entries: {
    pictures: { name: "gallery_pictures", keyColumn: "name" },
    rooms: { name: "gallery_rooms", keyColumn: "name", digestColumn: "digest", positionColumn: "place" },
    visitors: { name: "gallery_visitors", keyColumn: "name" },
  },
});

export interface Picture {
  url: string;
  size: number | null;
  extra: JsonValue;
}

export function picture(url: string, size: number | null = null): Picture {
  return { url, size, extra: size === null ? null : { size } };
}

export function picturesOf(keys: Iterable<string>): [string, Picture][] {
  return [...keys].map((key) => [key, picture(key)]);
}

/** The keys of the pictures, where each is one letter. */
export function shownOrder({ pictures }: Gallery): string {
  return [...pictures.keys()].join("");
}
