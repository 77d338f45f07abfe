import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkFiles } from "../../benchmarks/check-files.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "distinction-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a run begins where its report and its figures can be written, and nothing is left of the trial", async () => {
  await checkFiles({ report: join(folder, "report"), json: join(folder, "run.json") });
  expect(await readdir(folder, { recursive: true })).toEqual(["report"]);
});

test.each([
  [".", "is a folder"],
  ["missing/run.json", "nothing can be written into"],
])("figures that could not be written into %s are told before the run", async (name, why) => {
  const files = { report: join(folder, "report"), json: join(folder, name) };
  await expect(checkFiles(files)).rejects.toThrow(why);
});

test.each(["taken", "taken/report"])(
  "a report that could not be written into %s is told by the file in its way",
  async (name) => {
    const taken = join(folder, "taken");
    await writeFile(taken, "");
    const report = join(folder, name);
    const told = `nothing can be written into ${report}: ${taken} is a file, not a folder`;
    await expect(checkFiles({ report })).rejects.toThrow(told);
    await expect(checkFiles({ report: join(folder, "report"), json: join(report, "run.json") })).rejects.toThrow(told);
  },
);
