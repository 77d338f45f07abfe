import { codeOf } from "../exit-code.js";

/** One thing that was not taken, and why. */
export interface Refusal {
  readonly path: string;
  readonly reason: string;
}

/** Several things that were not taken, so that nothing was. */
export class RefusedError extends Error {
  readonly code = "REFUSED";

  constructor(readonly faults: readonly [Refusal, ...Refusal[]]) {
    const SHOWN = 3;
    const shown = faults.slice(0, SHOWN).map(({ path, reason }) => `${path}: ${reason}`);
    const more = faults.length > SHOWN ? `; and ${faults.length - SHOWN} more` : "";
    super(`nothing was accepted: ${shown.join("; ")}${more}`);
  }
}

/** Why the system would not read a file. */
export function systemReason(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined) throw error;
  return `cannot be read (${code})`;
}
