import { roundedNumbers } from "./json-digits.js";
import { jsonTokens } from "./json-tokens.js";

/**
 * What `JSON.parse` would lose of a JSON text without a word: all but the last of the members of one name, and digits of
 * numbers.
 *
 * @param text what `JSON.parse` takes
 */
export function jsonLoss(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // the names of each object, nothing of an array
  let string = { start: 0, end: 0 };
  for (const token of jsonTokens(text)) {
    const mark = token.kind === "mark" ? text[token.start] : "";
    if (token.kind === "string") string = token;
    else if (mark === "{") open.push(new Set());
    else if (mark === "[") open.push(undefined);
    else if (mark === "}" || mark === "]") open.pop();
    else if (mark === ":") {
      const names = open.at(-1)!;
      const raw = text.slice(string.start, string.end);
      const name = JSON.parse(raw) as string;
      if (names.has(name)) return `${raw.slice(0, 300)} is there twice in one object`;
      names.add(name);
    } else if (token.kind === "number") {
      const number = text.slice(token.start, token.end);
      if (roundedNumbers(number).size > 0) return `${number.slice(0, 40)} has more digits than JavaScript keeps`;
    }
  }
  return undefined;
}
