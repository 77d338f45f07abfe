import { jsonTokens } from "./json-tokens.js";

/** What every number has that JavaScript would round: this many digits, or an exponent. */
const SUSPECT = /\d[\d.]{15}|\d[eE]/;

/** A JSON text with every number as JavaScript writes it; all else as it is. */
export function withRoundedNumbers(text: string): string {
  if (!SUSPECT.test(text)) return text;
  const parts: string[] = [];
  let copied = 0;
  for (const { kind, start, end } of jsonTokens(text)) {
    if (kind !== "number") continue;
    parts.push(text.slice(copied, start), JSON.stringify(Number(text.slice(start, end))));
    copied = end;
  }
  return parts.join("") + text.slice(copied);
}

/**
 * The numbers of a JSON text that JavaScript cannot hold, as JavaScript rounds them: integers beyond 2^53, more than some 17
 * digits. Databases keep them, and so must whoever writes the text back.
 */
export function roundedNumbers(text: string): ReadonlySet<string> {
  const rounded = new Set<string>();
  if (!SUSPECT.test(text)) return rounded;
  for (const token of numbersOf(text)) {
    const near = JSON.stringify(Number(token));
    if (near === "null" || digitsOf(near) !== digitsOf(token)) rounded.add(near);
  }
  return rounded;
}

/** Whether a value made from `before` would be stored with digits lost that `before` has. */
export function losesDigits(before: string, after: string): boolean {
  const rounded = roundedNumbers(before);
  if (rounded.size === 0 || before === after) return false;
  for (const token of numbersOf(after)) if (rounded.has(token)) return true;
  return false;
}

function* numbersOf(text: string): Generator<string> {
  for (const { kind, start, end } of jsonTokens(text)) if (kind === "number") yield text.slice(start, end);
}

/** `-1.50e3` and `-1500` alike: sign, digits without zeros at the ends, and the place of the point. */
function digitsOf(token: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(token) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  if (digits === "") return "0";
  const significant = digits.slice(0, endOfDigits(digits));
  const place = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${place}`;
}

/** Behind the last digit that is no zero. As a regular expression, it takes quadratic time where zeros are in the middle. */
function endOfDigits(digits: string): number {
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  return end;
}
