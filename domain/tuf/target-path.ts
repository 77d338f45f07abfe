import { typeName } from "../distinction/types/type-name.js";

/** Longest path, in bytes of its UTF-8 form. */
export const MAX_PATH_BYTES = 1_024;

const SHOWN_CHARACTERS = 80;

/** Rules in the order in which they are checked; the first that is broken names the fault. */
const RULES: readonly { readonly broken: (path: string) => boolean; readonly reason: string }[] = [
  { broken: (path) => typeof path !== "string", reason: "a path is text" },
  { broken: (path) => path === "", reason: "a path is not empty" },
  { broken: (path) => /\p{Surrogate}/u.test(path), reason: "a path holds no lone surrogate (it has no UTF-8 form)" },
  // Canonical text is then valid JSON, and no path can rewrite a terminal or a log.
  { broken: (path) => /\p{Cc}/u.test(path), reason: "a path holds no control character" },
  // Languages sort characters beyond U+FFFF differently, and then compute different canonical bytes.
  { broken: (path) => /[\u{10000}-\u{10FFFF}]/u.test(path), reason: "a path holds no character beyond U+FFFF" },
  { broken: (path) => utf8Bytes(path) > MAX_PATH_BYTES, reason: `a path has at most ${MAX_PATH_BYTES} bytes in UTF-8` },
  { broken: (path) => path.includes("\\"), reason: "a path is separated by slashes, not by backslashes" },
  { broken: (path) => path.startsWith("/"), reason: "a path is relative: it does not begin with a slash" },
  { broken: (path) => /^[A-Za-z]:(\/|$)/.test(path), reason: "a path is relative: it does not begin with a drive" },
  {
    broken: (path) => path.split("/").some((segment) => segment === "." || segment === ".."),
    reason: 'a path has no "." or ".." segment',
  },
  // Clients and servers drop empty segments, and two targets would become one file.
  { broken: (path) => path.split("/").includes(""), reason: "a path has no empty segment" },
  // Clients that keep targets in a plain object take the inherited member for the target (`__proto__`, `toString`).
  { broken: (path) => path in Object.prototype, reason: "a path is no name that every JavaScript object inherits" },
];

/** Most paths are of this form, which breaks none of the rules but those on length and on inherited names. */
const PLAIN = /^[\w@+-][\w@+.-]*(?:\/[\w@+-][\w@+.-]*)*$/;

/**
 * Why `path` cannot name a target, or `undefined` where it can. Paths are compared code unit by code unit: those that
 * differ only by case or Unicode form are different targets.
 */
export function targetPathFault(path: string): string | undefined {
  if (typeof path === "string" && path.length <= MAX_PATH_BYTES && PLAIN.test(path) && !(path in Object.prototype))
    return undefined;
  return RULES.find(({ broken }) => broken(path))?.reason;
}

/** A path as callers give it, fit for messages: of what is no text its kind, control characters, lone surrogates and quotes escaped, cut to a bounded length. */
export function shownPath(path: unknown): string {
  if (typeof path !== "string") return typeName(path);
  const cut = path.length > SHOWN_CHARACTERS ? `${path.slice(0, SHOWN_CHARACTERS)}…` : path;
  return cut.replace(/["\\\p{Cc}\p{Cf}\p{Surrogate}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '"' || character === "\\" ? `\\${character}` : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Bytes of the UTF-8 form of a text without characters beyond U+FFFF. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return bytes;
}
