import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Of the package that code in the file `from` gets by that name; `not installed` where there is none. A package may bring its own
 * version of what others have as well: `of` is the package whose dependency is meant.
 */
export function packageVersion(name: string, from: string | URL, of?: string): string {
  if (of === undefined) return found(name, from)?.version ?? "not installed";
  const owner = found(of, from);
  return owner === undefined ? "not installed" : packageVersion(name, join(owner.folder, "package.json"));
}

/** Not every package exports its package.json, hence the walk from where it resolves to. */
function found(name: string, from: string | URL): { readonly folder: string; readonly version: string } | undefined {
  for (const modules of createRequire(from).resolve.paths(name) ?? []) {
    const folder = join(modules, name);
    try {
      return { folder, ...(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }) };
    } catch {
      continue;
    }
  }
  return undefined;
}
