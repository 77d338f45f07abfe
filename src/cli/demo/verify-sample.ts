import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Unusable } from "./installed-packages.js";

export interface SampleRequest {
  /** Where `/metadata` and `/targets` are served. */
  readonly serverUrl: string;
  /** Path of `1.root.json`. */
  readonly trustedRoot: string;
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
  onVerified(): void;
}

/**
 * Downloads targets as a client would that somebody else wrote: an unmodified tuf-js, starting from the first root,
 * refreshes and verifies every byte it gets.
 *
 * @returns the targets that it did not verify, with the reason; throws where it cannot even refresh
 */
export async function verifySample(request: SampleRequest): Promise<readonly Unusable[]> {
  const { Updater } = await import("tuf-js");
  const directory = await mkdtemp(join(tmpdir(), "distinction-client-"));
  try {
    const metadataDir = join(directory, "metadata");
    const targetDir = join(directory, "targets");
    await mkdir(metadataDir);
    await mkdir(targetDir);
    await writeFile(join(metadataDir, "root.json"), await readFile(request.trustedRoot));
    const client = new Updater({
      metadataDir,
      targetDir,
      metadataBaseUrl: `${request.serverUrl}/metadata`,
      targetBaseUrl: `${request.serverUrl}/targets`,
    });
    await client.refresh();
    const unverified: Unusable[] = [];
    for (const [index, path] of request.paths.entries()) {
      request.signal.throwIfAborted();
      try {
        const target = await client.getTargetInfo(path);
        if (target === undefined) throw new Error("not found");
        await client.downloadTarget(target, join(targetDir, String(index)));
        request.onVerified();
      } catch (error) {
        unverified.push({ path, reason: `tuf-js: ${(error as Error).message}` });
      }
    }
    return unverified;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Whether tuf-js can ask for a target: it puts paths into URLs as they are. */
export function canBeRequested(path: string): boolean {
  return /^[\w\-.~!$&'()*+,;=:@/]+$/.test(path);
}
