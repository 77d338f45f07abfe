import { fileURLToPath } from "node:url";

/**
 * A script beside the module `from`, for a process of its own, with the options that node needs for it: compiled where we
 * are.
 *
 * @param from `import.meta.url`
 * @param name without its extension
 */
export function childScript(from: string, name: string): { readonly path: string; readonly execArgv: string[] } {
  const isSource = from.endsWith(".ts");
  const path = fileURLToPath(new URL(`./${name}.${isSource ? "ts" : "js"}`, from));
  return { path, execArgv: isSource ? ["--import", "tsx"] : [] };
}
