import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Downloads targets as a client would that somebody else wrote: an unmodified tuf-js, starting from the first root,
 * refreshes and verifies every byte it gets.
 *
 * @param trustedRoot path of `1.root.json`
 * @returns how many targets were verified; throws at the first that is not
 */
export async function verifySample(
  serverUrl: string,
  trustedRoot: string,
  paths: readonly string[],
  onVerified: () => void,
): Promise<number> {
  const { Updater } = await import("tuf-js");
  const directory = await mkdtemp(join(tmpdir(), "distinction-client-"));
  try {
    const metadataDir = join(directory, "metadata");
    const targetDir = join(directory, "targets");
    await mkdir(metadataDir);
    await mkdir(targetDir);
    await writeFile(join(metadataDir, "root.json"), await readFile(trustedRoot));
    const client = new Updater({
      metadataDir,
      targetDir,
      metadataBaseUrl: `${serverUrl}/metadata`,
      targetBaseUrl: `${serverUrl}/targets`,
    });
    await client.refresh();
    for (const [index, path] of paths.entries()) {
      const target = await client.getTargetInfo(path);
      if (target === undefined) throw new Error(`tuf-js does not find target ${path}`);
      await client.downloadTarget(target, join(targetDir, String(index)));
      onVerified();
    }
    return paths.length;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
