import type { AttributeType } from "../../../domain/distinction/attribute-type.js";
import { InvalidValueError } from "../../../domain/distinction/errors.js";
import type { Dialect } from "../connection/dialect.js";
import type { ColumnCodec } from "./column-codec.js";

/**
 * Most objects and arrays within one another that MariaDB takes for JSON (measured on 10.11; what it answers beyond is
 * "constraint failed"). MySQL takes 100, as `MAX_JSON_DEPTH`; SQLite 1,000.
 */
const MARIADB_DEPTH = 31;

/** The codec, which refuses documents that MariaDB would. `what` names the attribute or field in messages. */
export function depthChecked(
  codec: ColumnCodec,
  { shape }: AttributeType,
  { name: server }: Dialect,
  what: { readonly record: string; readonly path: string },
): ColumnCodec {
  if (server !== "mariadb" || shape.kind !== "json") return codec;
  const encode: ColumnCodec["encode"] = (captured) => {
    const text = codec.encode(captured);
    if (typeof text !== "string" || text.length <= 2 * MARIADB_DEPTH || depthOf(text) <= MARIADB_DEPTH) return text;
    const reason = `JSON nested at most ${MARIADB_DEPTH} levels deep on MariaDB`;
    throw new InvalidValueError(what.record, [{ path: what.path, reason }]);
  };
  return { ...codec, encode };
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

function depthOf(text: string): number {
  let [depth, deepest, isText] = [0, 0, false];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isText) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) isText = false;
    } else if (code === QUOTE) isText = true;
    else if (OPENING.has(code)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.has(code)) depth--;
  }
  return deepest;
}
