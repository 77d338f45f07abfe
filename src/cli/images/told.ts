import { codeOf, messageOf } from "../exit-code.js";

/** What systems and databases say where no space is left. */
const FULL = ["ENOSPC", "EDQUOT", "SQLITE_FULL", "ER_DISK_FULL", "ER_RECORD_FILE_FULL"];

/** Why a command ended, with what people need to go on. */
export function told(error: unknown): string {
  const codes = [codeOf(error), (error as { cause?: { code?: string } } | undefined)?.cause?.code];
  return codes.some((code) => code !== undefined && FULL.includes(code))
    ? "no space left; make some and run it again to go on"
    : messageOf(error);
}
