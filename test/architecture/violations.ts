import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import ts from "typescript";
import { DEPENDENCY_RULES, VAGUE_NAME } from "./rules.js";

const FOLDERS = ["domain", "infrastructure", "src", "test", "benchmarks"];

/** What others wrote, or a compiler. */
const NOT_OURS = /(^|[/\\])(node_modules|benchmarks[/\\]build)([/\\]|$)/;

/** One line for each import that the rules forbid: `rule: from -> to`. */
export async function forbiddenImports(root: string): Promise<string[]> {
  const { output } = await cruise(
    foldersOf(root),
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: DEPENDENCY_RULES },
      // Without it, imports of types are gone before anybody looks.
      tsPreCompilationDeps: true,
      doNotFollow: { path: "node_modules" },
      exclude: { path: "^benchmarks/build/" },
    },
    { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  );
  const { summary } = output as ICruiseResult;
  // Nothing read is nothing forbidden: a parser that cannot do TypeScript would make every rule pass.
  if (summary.totalCruised === 0) throw new Error(`no module found in ${root}`);
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}

/** `export *` publishes what nobody decided to publish. */
export async function starExports(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const file of await filesOf(root)) {
    if (!/\.[cm]?tsx?$/.test(file)) continue;
    const source = ts.createSourceFile(file, await readFile(join(root, file), "utf8"), ts.ScriptTarget.Latest);
    const star = source.statements.some((one) => ts.isExportDeclaration(one) && one.exportClause === undefined);
    if (star) found.push(file);
  }
  return found;
}

export async function vagueNames(root: string): Promise<string[]> {
  const files = await filesOf(root);
  return files.filter((file) =>
    file.split("/").some((part) => VAGUE_NAME.test(part.replace(/(\.test)?\.[cm]?[jt]sx?$/, ""))),
  );
}

function foldersOf(root: string): string[] {
  return FOLDERS.filter((folder) => existsSync(join(root, folder)));
}

async function filesOf(root: string): Promise<string[]> {
  const files: string[] = [];
  for (const folder of foldersOf(root)) {
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && !NOT_OURS.test(entry.parentPath))
        files.push(
          join(entry.parentPath, entry.name)
            .slice(root.length)
            .replace(/^[/\\]/, ""),
        );
    }
  }
  return files.map((file) => file.replaceAll("\\", "/")).sort();
}
