import { fixed, nullable, secret, withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { binary } from "../../domain/distinction/types/binary-type.js";
import { instant } from "../../domain/distinction/types/instant-type.js";
import { json } from "../../domain/distinction/types/json-type.js";
import { decimal, integer } from "../../domain/distinction/types/number-types.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { entries, listOf, setOf } from "../../domain/distinction/types/collection-type.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import { newState } from "../../domain/distinction/record/new-record.js";
import type { RecordState } from "../../domain/distinction/record/record-state.js";
import { recordType, type NewRecordOf, type RecordOf } from "../../domain/distinction/types/record-type.js";

/** A record with one attribute or collection for every rule of merging. */
export const photoType = recordType({
  name: "photo",
  key: "id",
  attributes: {
    id: text(36),
    title: withInitial(text(20), ""),
    caption: nullable(text(2000)),
    camera: fixed(withInitial(text(20), "Leica")),
    width: withInitial(integer(0, 10_000), 0),
    height: withInitial(integer(0, 10_000), 0),
    views: withInitial(integer(), 0),
    rank: nullable(integer()),
    editor: withInitial(text(20), ""),
    origin: withInitial(text(20), ""),
    price: withInitial(decimal(8, 2), "0.00"),
    takenAt: nullable(instant(0)),
    thumbnail: nullable(binary(64)),
    pin: withInitial(secret(integer(0, 9999)), 0),
    metadata: withInitial(json<JsonValue>(), {}),
    labels: withInitial(json<JsonValue>(), []),
  },
  collections: {
    properties: entries(text(20), text(100)),
    locations: entries(text(20), { url: text(100), size: nullable(integer(0)) }),
    ratings: entries(text(20), integer()),
    tags: setOf(text(20)),
    frames: listOf(text(20), { url: text(100), size: nullable(integer(0)) }),
  },
  policies: {
    views: "sum",
    rank: "max",
    editor: "mine",
    origin: "theirs",
    labels: "union",
    ratings: "sum",
  },
  groups: [["width", "height"]],
});

export type Photo = RecordOf<typeof photoType>;
export type NewPhoto = NewRecordOf<typeof photoType>;

export function photoState(values: NewPhoto = {}, version = 1): RecordState {
  return { ...newState(photoType, { id: "p1", ...values }), version };
}

/** A state as plain values, to compare: JSON parsed, numbers for instants. */
export function plain({ version, attributes, collections }: RecordState): unknown {
  return { version, ...contents({ attributes, collections }) };
}

/** A state as plain values, without its version; the keys of lists once more, as equal maps may have another order. */
export function contents({ attributes, collections }: Omit<RecordState, "version">): {
  attributes: Record<string, unknown>;
  collections: Record<string, Map<string, unknown>>;
  order: readonly string[];
} {
  const { metadata, labels, ...rest } = attributes;
  const parsed = { metadata: parse(metadata), labels: parse(labels) };
  return {
    attributes: { ...rest, ...parsed },
    collections: Object.fromEntries(Object.entries(collections).map(([name, map]) => [name, new Map(map)])),
    order: [...(collections.frames?.keys() ?? [])],
  };
}

function parse(value: unknown): JsonValue {
  return (value as { parse(): JsonValue }).parse();
}
