import { roundedNumbers } from "./json-digits.js";

const NUMBER = /[-+.\deE]/;

/**
 * What `JSON.parse` would lose of a JSON text without a word: all but the last of the members of one name, and digits of
 * numbers. Walks over the characters, since regular expressions do not bear long strings.
 *
 * @param text what `JSON.parse` takes
 */
export function jsonLoss(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // the names of each object, nothing of an array
  let string = "";
  for (let at = 0; at < text.length; at++) {
    const mark = text[at]!;
    if (mark === '"') {
      const end = endOfString(text, at);
      string = text.slice(at, end + 1);
      at = end;
    } else if (mark === "{") open.push(new Set());
    else if (mark === "[") open.push(undefined);
    else if (mark === "}" || mark === "]") open.pop();
    else if (mark === ":") {
      const names = open.at(-1)!;
      const name = JSON.parse(string) as string;
      if (names.has(name)) return `${string.slice(0, 300)} is there twice in one object`;
      names.add(name);
    } else if (mark === "-" || (mark >= "0" && mark <= "9")) {
      const start = at;
      while (at + 1 < text.length && NUMBER.test(text[at + 1]!)) at++;
      const number = text.slice(start, at + 1);
      if (roundedNumbers(number).size > 0) return `${number.slice(0, 40)} has more digits than JavaScript keeps`;
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
}
