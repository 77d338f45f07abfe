import { open } from "node:fs/promises";

/** Writes a new file and waits until its content is durable; its name is after `syncDirectory`. */
export async function writeSynced(path: string, content: Uint8Array | string, mode?: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
