/** Exact arithmetic on decimal text (`-7.50`): as whole numbers of the last digit that any of them has. */

export function addDecimals(...terms: readonly string[]): string {
  const scale = commonScale(terms);
  return decimalText(
    terms.reduce((sum, term) => sum + units(term, scale), 0n),
    scale,
  );
}

/** Negative, zero or positive, as `left` is less than, equal to or greater than `right`. */
export function compareDecimals(left: string, right: string): number {
  const scale = commonScale([left, right]);
  return Number(units(left, scale) > units(right, scale)) - Number(units(left, scale) < units(right, scale));
}

export function negated(text: string): string {
  return text.startsWith("-") ? text.slice(1) : `-${text}`;
}

function commonScale(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.split(".")[1]?.length ?? 0));
}

function units(text: string, scale: number): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(scale, "0"));
}

function decimalText(value: bigint, scale: number): string {
  const sign = value < 0n ? "-" : "";
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const point = digits.length - scale;
  return sign + (scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`);
}
