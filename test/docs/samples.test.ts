import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GUIDES = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => join("docs", name));

/**
 * The TypeScript samples of the documentation as modules at the project's root, where `distinction` is this package: in
 * the README each for itself, in a guide one that goes on from sample to sample.
 */
const samples = new Map(
  [...samplesOf("README.md").entries(), ...GUIDES.map((page) => [page, samplesOf(page).join("")] as const)].map(
    ([name, code]) => [join(ROOT, `sample-${String(name).replace(/\W/g, "-")}.ts`), `${code}\nexport {};\n`],
  ),
);

function samplesOf(page: string): string[] {
  return Array.from(readFileSync(join(ROOT, page), "utf8").matchAll(/^```ts\n([^]*?)^```/gm), ([, code]) => code!);
}

test("the samples of the documentation compile against the built package", { timeout: 60_000 }, () => {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  host.readFile = (path) => samples.get(path) ?? readFile(path);
  host.fileExists = (path) => samples.has(path) || fileExists(path);
  const program = ts.createProgram([...samples.keys()], options, host);
  const faults = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    return `${file?.fileName.slice(ROOT.length) ?? ""}:${line} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  expect(samples.size).toBeGreaterThan(1);
  expect(faults).toEqual([]);
});
