import { corrupt } from "../../domain/tuf/errors.js";
import type { DurableDirectory } from "./durable-directory.js";

/**
 * Whether the file is new. Looks before it writes, because most names that exist were published by an export that is
 * merely repeated.
 * @throws {TufError} CORRUPT_REPOSITORY where other content has the name
 */
export async function putIfAbsent(directory: DurableDirectory, name: string, bytes: Uint8Array): Promise<boolean> {
  const existing = await directory.read(name);
  const created = existing === undefined && (await directory.create(name, bytes));
  const published = created ? bytes : (existing ?? (await directory.read(name)));
  if (published === undefined || !equal(published, bytes)) {
    throw corrupt(`published file ${name} has other content than the database`);
  }
  await directory.sync();
  return created;
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
