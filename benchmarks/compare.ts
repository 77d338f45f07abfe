import { readFile } from "node:fs/promises";
import { agreement } from "./agreement.js";
import { isReport, type Report } from "./report-json.js";
import { tableText } from "./report-tables.js";
import { unlike } from "./unlike.js";

// Usage: npx tsx benchmarks/compare.ts FIRST.json SECOND.json
// Says whether two runs of `npm run bench -- --json FILE` gave the same verdicts: exits 1 where they differ, 2 where there
// is nothing to compare, a run ended early, or they were made with different options. Names what only one of them judged,
// and what else than the options is not the same: figures of other machines may be compared, but not unknowingly.
const files = process.argv.slice(2);
if (files.length !== 2) nothingToCompare("usage: npx tsx benchmarks/compare.ts FIRST.json SECOND.json");
const [first, second] = await Promise.all(files.map(read));
if (first!.quick !== second!.quick) nothingToCompare("one run is quick, the other whole");
if (Boolean(first!.counts) !== Boolean(second!.counts)) nothingToCompare("one run only counted, the other took times");
if (first!.roundTrip !== second!.roundTrip) {
  nothingToCompare(`round trips had ${first!.roundTrip} ms added in one run, ${second!.roundTrip} ms in the other`);
}
for (const difference of unlike(first!.environment, second!.environment)) console.error(difference);
const { table, differing, alone } = agreement(first!, second!);
for (const [index, names] of alone.entries()) {
  if (names.length > 0) console.error(`judged by ${files[index]!} alone: ${names.join(", ")}`);
}
if (table.rows.length === 0) nothingToCompare("the runs have judged nothing in common");
console.log(tableText(table));
if (differing.length > 0) {
  console.error(`differing verdicts: ${differing.join(", ")}`);
  process.exitCode = 1;
}

async function read(file: string): Promise<Report> {
  const run = await readFile(file, "utf8")
    .then((text) => JSON.parse(text) as Report)
    .catch((error: Error) => nothingToCompare(`${file}: ${error.message}`));
  if (!isReport(run)) nothingToCompare(`${file}: is no run that \`npm run bench -- --json\` wrote`);
  return run.endedEarly ? nothingToCompare(`${file}: the run ended early`) : run;
}

function nothingToCompare(why: string): never {
  console.error(why);
  process.exit(2);
}
