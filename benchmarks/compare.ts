import { readFile } from "node:fs/promises";
import { agreement } from "./agreement.js";
import type { Report } from "./report-json.js";
import { tableText } from "./report-tables.js";

// Usage: npx tsx benchmarks/compare.ts FIRST.json SECOND.json
// Says whether two runs of `npm run bench -- --json FILE` gave the same verdicts: exits 1 where they differ, 2 where there
// is nothing to compare.
const files = process.argv.slice(2);
if (files.length !== 2) nothingToCompare("usage: npx tsx benchmarks/compare.ts FIRST.json SECOND.json");
const [first, second] = await Promise.all(files.map(read));
const { table, differing } = agreement(first!, second!);
if (table.rows.length === 0) nothingToCompare("the runs have judged nothing in common");
console.log(tableText(table));
if (differing.length > 0) {
  console.error(`differing verdicts: ${differing.join(", ")}`);
  process.exitCode = 1;
}

async function read(file: string): Promise<Report> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Report;
  } catch (error) {
    return nothingToCompare(`${file}: ${(error as Error).message}`);
  }
}

function nothingToCompare(why: string): never {
  console.error(why);
  process.exit(2);
}
