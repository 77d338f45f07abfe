import { corrupt } from "../../domain/tuf/errors.js";
import type { NamedFile } from "../../domain/tuf/metadata-files.js";
import type { DurableDirectory } from "./durable-directory.js";

/**
 * Publishes files in the order given; answers the names of the new ones. Looks before it writes, because most names that
 * exist were published by an export that is merely repeated.
 * @throws {TufError} CORRUPT_REPOSITORY where other content has one of the names
 */
export async function putAll(directory: DurableDirectory, files: readonly NamedFile[]): Promise<readonly string[]> {
  const areThere = await Promise.all(files.map((file) => isThere(directory, file)));
  const missing = files.filter((_, index) => !areThere[index]);
  await directory.discardPrepared(files.filter((_, index) => areThere[index]).map(({ name }) => name));
  const created = await directory.createAll(missing);
  for (const file of missing) {
    if (!created.includes(file.name) && !(await isThere(directory, file))) throw otherContent(file.name);
  }
  await directory.sync();
  return created;
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
