import { CustomFault, customCopy } from "./custom-metadata.js";
import type { TargetFault } from "./errors.js";
import { isHex32 } from "./hex.js";
import type { JsonObject } from "./json.js";
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

/**
 * A target as a caller gives it, read once: as it is kept, which shares nothing with what was given, or all reasons why it
 * cannot be added. A member that is `undefined` is none, as in JSON, and members that no metadata states are not kept.
 */
export type ReadTarget = { readonly target: Target } | { readonly faults: readonly [TargetFault, ...TargetFault[]] };

export function readTarget(path: string, given: Target): ReadTarget {
  const pathFault = targetPathFault(path);
  const content = readContent(given);
  if (pathFault === undefined && "target" in content) return content;
  const reasons = "target" in content ? [] : content.reasons;
  const faults = [
    ...(pathFault === undefined ? [] : [{ code: "INVALID_TARGET_PATH", reason: pathFault } as const]),
    ...reasons.map((reason) => ({ code: "INVALID_TARGET", reason }) as const),
  ];
  const [first, ...others] = faults.map((fault): TargetFault => ({ ...fault, path: shownPath(path) }));
  return { faults: [first!, ...others] };
}

/** Whether clients read it: what is signed beside anything else is lost to them. `custom` may be whatever JSON can hold. */
export function isReadable({ length, sha256 }: Target): boolean {
  return isLength(length) && isHex32(sha256);
}

function readContent(given: Target): { readonly target: Target } | { readonly reasons: readonly string[] } {
  if (typeof given !== "object" || (given as unknown) === null) {
    return { reasons: ["an object of length, sha256 and perhaps custom"] };
  }
  let members;
  try {
    members = { length: given.length, sha256: given.sha256, custom: given.custom };
  } catch {
    return { reasons: ["an object whose members can be read"] };
  }
  const { length, sha256 } = members;
  const custom = members.custom === undefined ? undefined : customCopy(members.custom);
  const reasons: string[] = [];
  if (!isLength(length)) reasons.push("length: a number of bytes from 0 to 2^53 - 1");
  if (!isHex32(sha256)) reasons.push("sha256: 64 lower-case hexadecimal digits");
  if (custom instanceof CustomFault) return { reasons: [...reasons, `custom: ${custom.reason}`] };
  if (reasons.length > 0) return { reasons };
  return { target: custom === undefined ? { length, sha256 } : { length, sha256, custom } };
}

function isLength(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
