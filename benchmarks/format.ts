import type { Estimate } from "./estimate.js";

/** Three digits that matter: `1.08`, `0.0123`, `419`. */
export function short(value: number): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

export function withInterval({ value, low, high, once }: Estimate): string {
  if (once) return `${short(value)} (one timing)`;
  return low === high ? short(value) : `${short(value)} [${short(low)}, ${short(high)}]`;
}
