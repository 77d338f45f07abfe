import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Scripts elsewhere are few, or start others that lie beside them: they stay sources. */
const DIRECTORIES = ["test/chaos", "test/cli", "test/conformance", "test/integration"];

/** The scripts of child processes, ready to run: a child that loads 300 source files takes three times as long to start. */
export interface ChildBundles {
  readonly directory: string;
  remove(): Promise<void>;
}

/** In a directory of their own, so that runs side by side do not meet, and within `node_modules`, where packages are found. */
export async function bundleChildren(): Promise<ChildBundles> {
  const parent = join(ROOT, "node_modules", ".child-bundles");
  await mkdir(parent, { recursive: true });
  const directory = await mkdtemp(join(parent, "run-"));
  // Loaded only here: every test file that starts children asks for a bundle.
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: ROOT,
    entryPoints: await childScripts(),
    outbase: ".",
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
  });
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Where the bundle of a script is, if it has one. */
export function bundleOf(directory: string, script: URL): string | undefined {
  const path = fileURLToPath(script).slice(ROOT.length);
  if (!DIRECTORIES.some((one) => path.startsWith(`${one}/`))) return undefined;
  return join(directory, path.replace(/\.ts$/, ".mjs"));
}

async function childScripts(): Promise<string[]> {
  const found = await Promise.all(
    DIRECTORIES.map(async (directory) => {
      const names = await readdir(join(ROOT, directory));
      return names.filter((name) => name.endsWith(".child.ts")).map((name) => join(directory, name));
    }),
  );
  return found.flat();
}
