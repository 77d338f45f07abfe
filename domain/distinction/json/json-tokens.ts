/**
 * The strings, numbers and marks of a JSON text in their order. Regular expressions that repeat over a whole string
 * overflow the stack at some 10 MB of it; here they match single marks and numbers alone.
 */
export interface JsonToken {
  readonly kind: "string" | "number" | "mark";
  readonly start: number;
  /** Of the character behind it. */
  readonly end: number;
}

export function* jsonTokens(text: string): Generator<JsonToken> {
  const next = /["{}[\],:]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  for (let found; (found = next.exec(text)) !== null;) {
    const start = found.index;
    const first = found[0];
    if (first === '"') {
      next.lastIndex = endOfString(text, start);
      yield { kind: "string", start, end: next.lastIndex };
    } else yield { kind: MARKS.has(first) ? "mark" : "number", start, end: next.lastIndex };
  }
}

const MARKS: ReadonlySet<string> = new Set("{}[],:");

/** Behind the quotation mark that no odd number of backslashes precedes. */
function endOfString(text: string, start: number): number {
  for (let quote = start; ;) {
    quote = text.indexOf('"', quote + 1);
    if (quote === -1) return text.length;
    let before = quote;
    while (text[before - 1] === "\\") before--;
    if ((quote - before) % 2 === 0) return quote + 1;
  }
}
