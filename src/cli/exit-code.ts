import { CommanderError } from "commander";

/** Of a program that a signal ended: 128 and the signal's number. */
export const EXIT = { failure: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** What was asked for cannot be done because of how it was asked. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** Errors of the library that are about what was typed. */
const TYPED_WRONG = new Set(["INVALID_BIN_COUNT", "INVALID_DATABASE_URL", "INVALID_DELEGATION", "INVALID_NAME"]);

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof UsageError || TYPED_WRONG.has(codeOf(error) ?? "")) return EXIT.usage;
  return EXIT.failure;
}

/** The code of an error of the library, of the system or of a driver. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** One line for people; a fault of ours keeps its stack. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected = error instanceof UsageError || error.name === "AbortError" || codeOf(error) !== undefined;
  return isExpected ? error.message.replace(/\s*\n\s*/g, " ") : (error.stack ?? error.message);
}
