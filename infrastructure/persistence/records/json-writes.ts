import type { JsonSet } from "../../../domain/distinction/diff/change.js";
import { withRoundedNumbers } from "../../../domain/distinction/json/json-digits.js";
import { valueAt } from "../../../domain/distinction/json/json-path.js";
import { JsonText } from "../../../domain/distinction/json/json-text.js";
import type { JsonValue } from "../../../domain/distinction/json/json-value.js";
import type { Dialect } from "../connection/dialect.js";
import { secretParameter, type Parameter } from "../connection/parameter.js";
import type { Column, TableLayout } from "./table-layout.js";

/** How one JSON column is set by path: `JSON_SET(column, ?, …)`, with a path and a value per member, then paths to remove. */
export interface JsonWrite {
  readonly sets: number;
  readonly removals: number;
  readonly parameters: readonly Parameter[];
}

/** Above this, the whole column is the shorter statement for the server to work through, too. */
const MOST_PATHS = 8;

/** So many characters are no cost, and not worth a statement text of their own. */
const SHORT_TEXT = 64;

/** MariaDB's JSON functions stop at 32 levels and answer NULL; the servers' and our own limit is 100 otherwise. */
const MARIADB_DEPTH = 30;

/**
 * The members of one column as a write by path, or `undefined` where the whole column has to be written: a parent is not
 * known to be an object (the function would do nothing, without an error), a server cannot address a name, or the
 * document is the shorter text. That the document is still the one in `base` is for the statement's version to check.
 */
export function jsonWrite(
  layout: TableLayout,
  base: unknown,
  attribute: string,
  changes: readonly JsonSet[],
  { economical } = { economical: true },
): JsonWrite | undefined {
  if (!(base instanceof JsonText) || changes.length === 0 || changes.length > MOST_PATHS) return undefined;
  const codec = layout.table.codecs?.[attribute];
  if (codec !== undefined && codec.isJson !== true) return undefined; // stored otherwise than as JSON
  const sets = changes.filter(({ to }) => to !== undefined).map(({ path, to }) => [pathOf(path), JSON.stringify(to)]);
  const removals = changes.filter(({ to }) => to === undefined).map(({ path }) => pathOf(path));
  const parameters = [...sets.flat(), ...removals];
  const length = parameters.reduce((sum, text) => sum + text.length, SHORT_TEXT);
  if (economical && length >= base.text.length) return undefined;
  if (!isAddressable(layout.dialect, base, changes)) return undefined;
  const isSecret = layout.byAttribute.get(attribute)!.secret;
  return {
    sets: sets.length,
    removals: removals.length,
    parameters: isSecret ? parameters.map(secretParameter) : parameters,
  };
}

/** The expression for a `JsonWrite`. */
export function jsonExpression({ dialect }: TableLayout, { name }: Column, { sets, removals }: JsonWrite): string {
  // `CAST(? AS JSON)` is a syntax error on MariaDB; JSON_EXTRACT gives the value with its type on both servers.
  const value = dialect.name === "sqlite" ? "json(?)" : "JSON_EXTRACT(?, '$')";
  if (dialect.name !== "mariadb") {
    const set = sets === 0 ? name : `JSON_SET(${name}${`, ?, ${value}`.repeat(sets)})`;
    return removals === 0 ? set : `JSON_REMOVE(${set}${", ?".repeat(removals)})`;
  }
  // One path each: MariaDB 10.11 leaves members in place where one JSON_REMOVE has three. JSON_COMPACT as we write whole
  // columns: without it the server adds white space, and the text would no longer be `isPlain`.
  let nested = name;
  for (let set = 0; set < sets; set++) nested = `JSON_SET(${nested}, ?, ${value})`;
  for (let removal = 0; removal < removals; removal++) nested = `JSON_REMOVE(${nested}, ?)`;
  return `JSON_COMPACT(${nested})`;
}

/** A member name is a JSON string in a path of every server, whatever it holds. */
function pathOf(path: JsonSet["path"]): string {
  return `$${path.map((name) => `.${JSON.stringify(name)}`).join("")}`;
}

function isAddressable({ name: server }: Dialect, base: JsonText, changes: readonly JsonSet[]): boolean {
  const document = base.parse();
  if (server !== "mysql" && !isPlain(base, document)) return false;
  if (server === "mariadb" && isDeep(document, MARIADB_DEPTH)) return false;
  if (server === "sqlite" && [base.text, ...changes.map(({ path }) => pathOf(path))].some(holdsNul)) return false;
  return changes.every(({ path, to }, index) => {
    if (!isObject(valueAt(document, path.slice(0, -1)))) return false;
    if (path.some((name) => typeof name === "number")) return false;
    if (changes.some((other, position) => position !== index && startsWith(other.path, path))) return false;
    if (server !== "mariadb") return true;
    // MariaDB takes a quoted name for a position where it begins like a negative number.
    return !path.some((name) => String(name).startsWith("-")) && !isDeep(to ?? null, MARIADB_DEPTH - path.length);
  });
}

/** SQLite compares names up to a NUL, which JSON writes as an escape, and would take one member for another. */
function holdsNul(text: string): boolean {
  return text.includes("\\u0000");
}

/**
 * Where a server stores the text it was given, another writer's text may name a member twice, or with other escapes than
 * a path finds it by. What our own serialisation reproduces does neither.
 */
function isPlain({ text }: JsonText, document: JsonValue): boolean {
  return JSON.stringify(document) === withRoundedNumbers(text);
}

function isObject(value: JsonValue | undefined): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDeep(value: JsonValue, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels <= 0 || Object.values(value).some((member: JsonValue) => isDeep(member, levels - 1));
}

function startsWith(path: JsonSet["path"], start: JsonSet["path"]): boolean {
  return start.every((step, index) => path[index] === step);
}
