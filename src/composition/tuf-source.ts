import type { ForeignFiles } from "../../domain/tuf/foreign-files.js";
import { ForeignDirectory } from "../../infrastructure/storage/foreign-directory.js";

/** Metadata that other tools wrote into a directory. */
export function tufSource(directory: string): ForeignFiles {
  return new ForeignDirectory(directory);
}
