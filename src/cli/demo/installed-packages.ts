import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";

/** One package as it lies on disk. */
export interface InstalledPackage {
  /** Directory relative to the root, with forward slashes: `@scope/name`. */
  readonly path: string;
  readonly name: string;
  /** Sizes of its files together, in bytes. */
  readonly size: number;
  /** Text members of its package.json, their names prefixed with `npm:`. */
  readonly properties: ReadonlyMap<string, string>;
  readonly keywords: ReadonlySet<string>;
  readonly files: readonly PackageFile[];
}

export interface PackageFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/** A file that could not be read or accepted. */
export interface Unusable {
  readonly path: string;
  readonly reason: string;
}

export interface Installation {
  readonly packages: readonly InstalledPackage[];
  readonly unusable: readonly Unusable[];
}

/** Thrown where there is nothing to work on. */
export class NoInputError extends Error {}

/**
 * Reads the packages below a directory: those of a `node_modules`, or the directory itself where it holds none. Symbolic
 * links and hidden entries are passed over.
 *
 * @throws NoInputError where the directory cannot be read or holds no file
 */
export async function readInstallation(root: string, signal: AbortSignal): Promise<Installation> {
  const unusable: Unusable[] = [];
  const directories = await packageDirectories(root);
  const packages: InstalledPackage[] = [];
  for (const directory of directories) {
    signal.throwIfAborted();
    const files = await filesBelow(root, directory, unusable);
    if (files.length > 0) packages.push(await describePackage(root, directory, files, unusable));
  }
  if (packages.length === 0) throw new NoInputError(`${root} holds no files to work on`);
  return { packages, unusable };
}

async function packageDirectories(root: string): Promise<string[]> {
  const children = await readdir(root, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new NoInputError(`${root} cannot be read (${error.code ?? error.name})`);
  });
  const found: string[] = [];
  for (const child of children) {
    if (!child.isDirectory() || child.name.startsWith(".")) continue;
    const directory = join(root, child.name);
    if (child.name.startsWith("@")) found.push(...(await subdirectories(directory)));
    else found.push(directory);
  }
  const described = await Promise.all(found.map((directory) => exists(join(directory, "package.json"))));
  const packages = found.filter((_, index) => described[index]).sort();
  return packages.length > 0 ? packages : [root];
}

async function subdirectories(directory: string): Promise<string[]> {
  const children = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return children.filter((child) => child.isDirectory()).map((child) => join(directory, child.name));
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function filesBelow(root: string, directory: string, unusable: Unusable[]): Promise<PackageFile[]> {
  const files: PackageFile[] = [];
  const pending = [directory];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const current = next;
    const children = await readdir(current, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      unusable.push({ path: relative(root, current), reason: error.code ?? error.name });
      return [];
    });
    for (const child of children) {
      const path = join(current, child.name);
      if (child.isDirectory() && !child.name.startsWith(".")) pending.push(path);
      else if (child.isFile()) {
        const name = slashed(relative(root, path));
        await stat(path).then(
          ({ size }) => files.push({ path: name, size }),
          (error: NodeJS.ErrnoException) => unusable.push({ path: name, reason: error.code ?? error.name }),
        );
      }
    }
  }
  return files.sort((left, right) => (left.path < right.path ? -1 : 1));
}

async function describePackage(
  root: string,
  directory: string,
  files: readonly PackageFile[],
  unusable: Unusable[],
): Promise<InstalledPackage> {
  const manifest = await readManifest(root, directory, unusable);
  const text = Object.entries(manifest).filter((member): member is [string, string] => typeof member[1] === "string");
  const keywords = Array.isArray(manifest.keywords) ? manifest.keywords : [];
  return {
    path: slashed(relative(root, directory)) || basename(directory),
    name: typeof manifest.name === "string" ? manifest.name : basename(directory),
    size: files.reduce((sum, { size }) => sum + size, 0),
    properties: new Map(text.map(([name, value]) => [`npm:${name}`, value])),
    keywords: new Set(keywords.filter((word): word is string => typeof word === "string" && word !== "")),
    files,
  };
}

async function readManifest(root: string, directory: string, unusable: Unusable[]): Promise<Record<string, unknown>> {
  const path = join(directory, "package.json");
  if (!(await exists(path))) return {};
  try {
    const manifest: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof manifest === "object" && manifest !== null ? (manifest as Record<string, unknown>) : {};
  } catch (error) {
    unusable.push({ path: slashed(relative(root, path)), reason: (error as NodeJS.ErrnoException).code ?? "not JSON" });
    return {};
  }
}

function slashed(path: string): string {
  return path.split(sep).join("/");
}
