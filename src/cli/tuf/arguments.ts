import { InvalidArgumentError } from "commander";

/** A positive integer. */
export function count(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("It is a positive integer.");
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** As `duration` reads it, in the largest unit of which it is a whole number; milliseconds where there is none. */
export function shortDuration(milliseconds: number): string {
  const unit = Object.entries(UNITS).findLast(([, length]) => milliseconds % length === 0);
  return unit === undefined ? `${milliseconds} ms` : `${milliseconds / unit[1]}${unit[0]}`;
}

/** `30d`, `12h`, `90m`, `45s` in milliseconds. */
export function duration(text: string): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * UNITS[unit as keyof typeof UNITS];
  throw new InvalidArgumentError("It is a number and a unit: 30d, 12h, 90m, 45s.");
}
