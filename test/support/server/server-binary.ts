import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The two start differently: other programs create the data directory, and other options are known. */
export type Flavour = "mysql" | "mariadb";

export interface ServerBinary {
  readonly path: string;
  readonly flavour: Flavour;
  /** What `--version` says, in one line. */
  readonly version: string;
}

/** Servers often live outside the PATH of ordinary users. */
const MORE_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/usr/libexec"];

export function searchFolders(environment: NodeJS.ProcessEnv): string[] {
  const path = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...new Set([...path, ...MORE_FOLDERS])];
}

/** The first executable of one of these names, folder by folder as a shell would look. */
export async function findExecutable(
  names: readonly string[],
  folders: readonly string[],
): Promise<string | undefined> {
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

export async function findServerBinary(folders: readonly string[]): Promise<ServerBinary | undefined> {
  const path = await findExecutable(["mysqld", "mariadbd"], folders);
  if (path === undefined) return undefined;
  const { stdout } = await run(path, ["--no-defaults", "--version"], { timeout: 10_000 });
  const version = stdout.trim();
  return { path, flavour: flavourOf(version), version };
}

/** By what it says, not by its name: MariaDB installs a `mysqld` too. */
export function flavourOf(version: string): Flavour {
  return /mariadb/i.test(version) ? "mariadb" : "mysql";
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
