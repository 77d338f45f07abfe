import { corrupt } from "../../domain/tuf/errors.js";
import type { NamedFile } from "../../domain/tuf/metadata-files.js";
import type { DurableDirectory } from "./durable-directory.js";

/**
 * Publishes files phase by phase; answers the names of the new ones. Looks before it writes, because most names that exist
 * were published by an export that is merely repeated; but not before it names what is written already.
 * @throws {TufError} CORRUPT_REPOSITORY where other content has one of the names
 */
export async function putAll(
  directory: DurableDirectory,
  phases: readonly (readonly NamedFile[])[],
): Promise<readonly string[]> {
  const looked = phases.flat().filter(({ name }) => !directory.isPrepared(name));
  const areThere = await Promise.all(looked.map((file) => isThere(directory, file)));
  const there = new Set(looked.filter((_, index) => areThere[index]));
  const missing = phases.map((phase) => phase.filter((file) => !there.has(file)));
  const created = new Set(await directory.createAll(missing));
  for (const file of missing.flat()) {
    if (!created.has(file.name) && !(await isThere(directory, file))) throw otherContent(file.name);
  }
  await directory.sync();
  return [...created];
}

async function isThere(directory: DurableDirectory, { name, bytes }: NamedFile): Promise<boolean> {
  const published = await directory.read(name);
  if (published === undefined) return false;
  if (Buffer.compare(published, bytes) === 0) return true;
  throw otherContent(name);
}

function otherContent(name: string): Error {
  return corrupt(`published file ${name} has other content than the database`);
}
