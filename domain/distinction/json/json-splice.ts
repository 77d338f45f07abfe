import type { JsonPath } from "./json-path.js";
import { jsonTokens } from "./json-tokens.js";

/**
 * A JSON text with one member set (or, given `undefined`, removed) and all else as it was written: numbers of more digits
 * than JavaScript holds survive. The parents of the member must be objects.
 *
 * @param to JSON text
 */
export function spliced(text: string, [name, ...rest]: JsonPath, to: string | undefined): string {
  const members = membersOf(text);
  const key = String(name);
  const value = rest.length === 0 ? to : spliced(members.get(key)!, rest, to);
  if (value === undefined) members.delete(key);
  else members.set(key, value);
  return `{${Array.from(members, ([member, raw]) => `${JSON.stringify(member)}:${raw}`).join(",")}}`;
}

/** The text at a path, or `undefined` where there is no such member. */
export function rawAt(text: string, [name, ...rest]: JsonPath): string | undefined {
  if (name === undefined) return text;
  if (!text.trimStart().startsWith("{")) return undefined;
  const raw = membersOf(text).get(String(name));
  return raw === undefined ? undefined : rawAt(raw, rest);
}

/** The members of an object as texts. A member that is named twice is its last one, as `JSON.parse` has it. */
function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let name: string | undefined;
  let first = 0;
  for (const { kind, start, end } of jsonTokens(text)) {
    const mark = kind === "mark" ? text[start] : "";
    if (mark === "{" || mark === "[") depth++;
    if (depth === 1 && name === undefined && kind === "string") name = JSON.parse(text.slice(start, end)) as string;
    else if (depth === 1 && mark === ":") first = end;
    else if (depth === 1 && (mark === "," || mark === "}") && name !== undefined) {
      members.set(name, text.slice(first, start).trim());
      name = undefined;
    }
    if (mark === "}" || mark === "]") depth--;
  }
  return members;
}
