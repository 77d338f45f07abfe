import type { TargetFault } from "./errors.js";
import { isHex32 } from "./hex.js";
import type { JsonObject, JsonValue } from "./json.js";
import { shownPath, targetPathFault } from "./target-path.js";

/** What a client needs to know of a file before it trusts a copy (TUF 1.0.33 §4.5). */
export interface Target {
  /** Bytes. */
  readonly length: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Opaque to TUF; kept as given. */
  readonly custom?: JsonObject;
}

/** A target as it is kept: a member that is `undefined` is none, as in JSON, and members that no metadata states are not kept. */
export function keptTarget({ length, sha256, custom }: Target): Target {
  return custom === undefined ? { length, sha256 } : { length, sha256, custom };
}

/** Deepest nesting of custom metadata: parsers of clients fail not far above it. */
export const MAX_CUSTOM_DEPTH = 32;

/** All reasons why this target cannot be added; none where it can. */
export function targetFaults(path: string, target: Target): readonly TargetFault[] {
  const pathFault = targetPathFault(path);
  const faults: Omit<TargetFault, "path">[] = [];
  if (pathFault !== undefined) faults.push({ code: "INVALID_TARGET_PATH", reason: pathFault });
  for (const reason of contentFaults(target)) faults.push({ code: "INVALID_TARGET", reason });
  return faults.length === 0 ? [] : faults.map((fault) => ({ ...fault, path: shownPath(String(path)) }));
}

function* contentFaults(target: Target): Generator<string> {
  if (typeof target !== "object" || (target as unknown) === null) {
    yield "an object of length, sha256 and perhaps custom";
    return;
  }
  const { length, sha256, custom } = target;
  if (!Number.isSafeInteger(length) || length < 0) yield "length: a number of bytes from 0 to 2^53 - 1";
  if (!isHex32(sha256)) yield "sha256: 64 lower-case hexadecimal digits";
  if (custom === undefined) return;
  if (!isPlainObject(custom)) yield "custom: a JSON object";
  else {
    const reason = customFault(custom, 1);
    if (reason !== undefined) yield `custom: ${reason}`;
  }
}

function customFault(value: JsonValue, depth: number): string | undefined {
  if (depth > MAX_CUSTOM_DEPTH) return `nested at most ${MAX_CUSTOM_DEPTH} levels deep`;
  switch (typeof value) {
    case "boolean":
      return undefined;
    case "string":
      return /\p{Surrogate}/u.test(value) ? "text without lone surrogates" : undefined;
    case "number":
      return Number.isSafeInteger(value) ? undefined : "numbers are integers of at most 53 bits (canonical JSON)";
    case "object":
      if (value === null) return undefined;
      if (Array.isArray(value)) return firstFault(value as readonly JsonValue[], depth + 1);
      if (!isPlainObject(value)) return "plain JSON, no instances of classes";
      return (
        Object.keys(value)
          .map(keyFault)
          .find((fault) => fault !== undefined) ?? firstFault(Object.values(value), depth + 1)
      );
    default:
      return `JSON, got ${typeof value}`;
  }
}

function firstFault(values: readonly JsonValue[], depth: number): string | undefined {
  for (const value of values) {
    const fault = customFault(value, depth);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Keys are sorted in canonical JSON, and languages disagree beyond U+FFFF; `__proto__` is lost by careless readers. */
function keyFault(key: string): string | undefined {
  if (key === "__proto__") return "no key named __proto__";
  return /[\p{Cc}\p{Surrogate}\u{10000}-\u{10FFFF}]/u.test(key)
    ? "keys hold no control characters and none beyond U+FFFF"
    : undefined;
}

function isPlainObject(value: unknown): value is JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
