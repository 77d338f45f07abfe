import { typeName } from "../types/type-name.js";
import { fitsUtf8, utf8Length } from "../types/utf8-length.js";
import { accessorFault, shapeFault } from "./plain-members.js";

/** Most objects and arrays within one another in a JSON attribute: MySQL's limit. MariaDB's is lower: see the column codec. */
export const MAX_JSON_DEPTH = 100;

/** Longest key of a JSON object: MySQL's limit, beyond which it answers 3151. */
const MAX_KEY_BYTES = 65_535;

/** Characters of a path that a message holds: a cycle makes one of a hundred steps. */
const MAX_SHOWN_PATH = 120;

/** What is wrong with a value, and where in the document it is. */
interface PlacedFault {
  readonly reason: string;
  /** As in `.member[0]`; empty at the root. */
  readonly path: string;
}

/** Why `value` is not JSON that survives a round trip, or `undefined` where it is. */
export function jsonFault(value: unknown): string | undefined {
  let fault;
  try {
    fault = faultOf(value, 0);
  } catch {
    return "JSON, got a value with a member that throws when it is read";
  }
  if (fault === undefined || fault.path === "") return fault?.reason;
  return `${fault.reason} at ${fault.path.slice(0, MAX_SHOWN_PATH)}`;
}

function faultOf(value: unknown, depth: number): PlacedFault | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : here("well-formed Unicode, got a lone surrogate");
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : here(`a finite number, got ${value}`);
    case "object":
      if (value === null) return undefined;
      if (depth >= MAX_JSON_DEPTH) {
        const limit = `JSON nested at most ${MAX_JSON_DEPTH} levels deep and no cycle`;
        return here(`${limit}, got ${typeName(value)} deeper than that`);
      }
      return Array.isArray(value) ? arrayFault(value, depth) : objectFault(value, depth);
    default:
      return here(`JSON, got ${typeof value}`);
  }
}

function arrayFault(value: readonly unknown[], depth: number): PlacedFault | undefined {
  const hidden = shapeFault(value, value.length);
  if (hidden !== undefined) return here(hidden);
  for (let index = 0; index < value.length; index++) {
    const computed = accessorFault(value, index);
    const fault = computed === undefined ? faultOf(value[index], depth + 1) : here(computed);
    if (fault !== undefined) return below(`[${index}]`, fault);
  }
  return undefined;
}

function objectFault(value: object, depth: number): PlacedFault | undefined {
  const names = Object.keys(value);
  const hidden = shapeFault(value, names.length);
  if (hidden !== undefined) return here(hidden);
  for (const name of names) {
    const computed = accessorFault(value, name);
    if (computed !== undefined) return below(`.${name}`, here(computed));
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member === undefined) continue; // as in JSON.stringify: undefined is missing
    const wrongName = nameFault(name);
    if (wrongName !== undefined) return wrongName;
    const fault = faultOf(member, depth + 1);
    if (fault !== undefined) return below(`.${name}`, fault);
  }
  return undefined;
}

function nameFault(name: string): PlacedFault | undefined {
  if (!name.isWellFormed()) return here("well-formed Unicode in keys, got a lone surrogate");
  if (fitsUtf8(name, MAX_KEY_BYTES)) return undefined;
  return here(`keys of at most ${MAX_KEY_BYTES} bytes in UTF-8, got a string of ${utf8Length(name)}`);
}

function here(reason: string): PlacedFault {
  return { reason, path: "" };
}

/** The path is put together on the way up, so that a value without faults costs none. */
function below(step: string, { reason, path }: PlacedFault): PlacedFault {
  return { reason, path: step + path };
}
