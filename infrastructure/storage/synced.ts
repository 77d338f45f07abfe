import { fileCalls } from "./file-calls.js";

/** Writes a new file and waits until its content is durable; its name is after `syncDirectory`. */
export async function writeSynced(path: string, content: Uint8Array | string, mode?: number): Promise<void> {
  await synced(await fileCalls.open(path, "wx", mode), (file) => fileCalls.write(file, content));
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  await synced(await fileCalls.open(path, "r"));
}

async function synced(file: number, work?: (file: number) => Promise<void>): Promise<void> {
  try {
    await work?.(file);
    await fileCalls.sync(file);
  } finally {
    await fileCalls.close(file);
  }
}
