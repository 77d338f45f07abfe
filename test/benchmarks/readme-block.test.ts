import { expect, test } from "vitest";
import { figuresPage } from "../../benchmarks/figures-page.js";
import { readmeBlock, readmeWith } from "../../benchmarks/readme-block.js";
import type { Report } from "../../benchmarks/report-json.js";

const BEGIN = "<!-- benchmarks: written by benchmarks/readme.ts -->";
const END = "<!-- /benchmarks -->";

const report: Report = {
  ratios: {
    "hot.64.lost": { value: 0, low: 0, high: 0, goal: 0, better: "lower" },
    "save.one.vs.typeorm": { value: 3.5, low: 3.2, high: 3.9, goal: 4, better: "higher" },
    "save.one.vs.sequelize": { value: 2.1, low: 1.9, high: 2.2, goal: 2, better: "higher" },
  },
  lostUpdates: { distinction: 0, typeorm: 419 },
  acknowledgedUpdates: { distinction: 3000, typeorm: 2500 },
  workloads: [
    {
      id: "W1",
      title: "One attribute",
      acknowledged: { distinction: { updates: 2500, lost: 0 }, typeorm: { updates: 2500, lost: 419 } },
      seconds: 120,
      commitTime: 0.5678,
      charts: [
        {
          id: "w1-time-against-requests-30-5-3",
          title: "",
          kind: "lines",
          x: { label: "requests" },
          y: { label: "seconds" },
          series: [],
        },
        { id: "w1-bytes", title: "", kind: "bars", x: { label: "shape" }, y: { label: "bytes" }, series: [] },
      ],
      tables: [
        {
          title: "W1: one attribute, properties, tags, locations = (30, 5, 3) (milliseconds)",
          columns: ["arm", "guarantee", "load and save", "save", "to save", "bytes on the wire to save"],
          rows: [
            ["full write", "version checked", "2 [1, 3]", "1 [0.9, 1.1]", 7, 3321],
            ["handwritten", "version checked", "0.2", "0.1", 1, 60],
          ],
        },
        {
          title: "W1: seconds of so many requests, properties, tags, locations = (30, 5, 3)",
          columns: ["arm", "guarantee", "100", "1,000"],
          rows: [["distinction", "version checked", "0.23", "2.3"]],
        },
      ],
    },
    {
      id: "W6",
      title: "Get and save",
      acknowledged: {},
      seconds: 30,
      charts: [],
      tables: [
        { title: "W6: 1 client", columns: ["arm", "guarantee", "microseconds"], rows: [["typeorm", "", "1800"]] },
        {
          title: "W6: get and save of one attribute, 1 client, milliseconds added to every round trip (milliseconds)",
          columns: ["added", "round trip (ms)", "arm", "guarantee", "get and save", "against handwritten"],
          rows: [[0.5, 0.789, "typeorm", "version kept, not checked", "7.1", "2.7"]],
        },
      ],
    },
    {
      id: "W20",
      title: "Publish",
      acknowledged: { distinction: { updates: 500, lost: 0 } },
      seconds: 60,
      charts: [],
      tables: [
        { title: "W20: accept one target", columns: ["arm", "guarantee"], rows: [["handwritten", "bins marked"]] },
        { title: "W20: 64 adders", columns: ["arm", "guarantee"], rows: [["handwritten", "not checked"]] },
      ],
    },
  ],
  spared: [],
  warnings: ["entries.slope: noisy"],
  drifts: [{ id: "W1", name: "everything, save", changes: { typeorm: 12 }, isOfAll: false }],
  environment: {
    at: "2026-05-04T10:00:00.000Z",
    commit: "0123456789ab",
    node: "v20.20.2",
    platform: "linux",
    processors: "4 x Some Processor",
    memory: 8 * 2 ** 30,
    load: [0, 0, 0],
    server: {
      version: "10.11.6-MariaDB",
      version_comment: "(Debian)",
      innodb_flush_log_at_trx_commit: "1",
      sync_binlog: "0",
      log_bin: "OFF",
      innodb_flush_method: "O_DIRECT",
      datadir: "/var/lib/some-server",
    },
    isolation: "REPEATABLE READ",
    versions: { typeorm: "1.1.1" },
  },
  seed: 1,
  quick: false,
  counts: false,
  endedEarly: false,
  roundTrip: 0,
  samples: {
    W1: { "everything, save": { distinction: [2, 2, 2], "full write": [1, 1, 1], handwritten: [0.1], typeorm: [9] } },
    W8: { "8 writers": { distinction: [3], "distinction, apart": [6], handwritten: [2.9], pessimistic: [5] } },
    W13: { "1 KB": { distinction: [3], "whole column by hand": [2] } },
    W20: {
      "accept one target": { distinction: [3], handwritten: [1.5] },
      "64 adders": { distinction: [2.4], handwritten: [1], "global lock": [2.395] },
    },
  },
};

test("the README's block holds what most readers decide by, and where the library loses most", () => {
  const block = readmeBlock(report, "docs/benchmarks");
  for (const part of [
    "One run on 2026-05-04, MariaDB 10.11.6-MariaDB, its log flushed at every commit (innodb_flush_log_at_trx_commit 1, sync_binlog 0, log_bin OFF), 4 x Some Processor;",
    'srcset="docs/benchmarks/w1-time-against-requests-30-5-3-dark.svg"',
    'src="docs/benchmarks/w1-time-against-requests-30-5-3-light.svg"',
    "| full write | version checked | 2 [1, 3] | 1 [0.9, 1.1] | 7 | 3,321 |",
    "Acknowledged updates that were lost: distinction 0 of 3,000; typeorm 419 of 2,500 (W1 419 of 2,500).",
    "| W1: One attribute | 1 | everything, save | full write | version checked | 2 |",
    "Against `handwritten` it took, times as much, at worst: W1 20 (everything, save); W20 2.4 (64 adders).",
    "(docs/benchmarks/README.md)",
  ]) {
    expect(block).toContain(part);
  }
  expect(block, "charts that the run has not").not.toContain("w8-hot-record");
  expect(block, "charts of the page").not.toContain("w1-bytes");
});

test("a server that forgets commits is told of", () => {
  const { environment } = report;
  const server = { ...environment.server, innodb_flush_log_at_trx_commit: "2" };
  const forgetful = { ...report, environment: { ...environment, server } };
  for (const text of [readmeBlock(forgetful, "docs"), figuresPage(forgetful)]) {
    expect(text).toContain("its log not flushed at every commit (innodb_flush_log_at_trx_commit 2,");
  }
});

test("the page of figures holds all of them, what they belong to, and every case that the library loses", () => {
  const page = figuresPage(report);
  for (const part of [
    "2026-05-04, commit 0123456789ab, 4 x Some Processor, 8 GiB, Node v20.20.2",
    "MariaDB 10.11.6-MariaDB, its log flushed at every commit (innodb_flush_log_at_trx_commit 1, sync_binlog 0, log_bin OFF),",
    "records, one and in batches, images, documents and TUF repositories at REPEATABLE READ.",
    "typeorm 1.1.1",
    "Asynchronous operations and the type registry (W30 and W31 of the design) are not built yet, and have no workloads.",
    "| change | arm | guarantee | load and save (ms) | save (ms) | statements | bytes on the wire |",
    "| `innodb_flush_method` | O_DIRECT |",
    "| W1 | 0.568 |",
    "| one attribute | full write | version checked | 2 [1, 3] | 1 [0.9, 1.1] | 7 | 3,321 |",
    'src="./w1-bytes-light.svg"',
    "| distinction | version checked | 0.23 | 2.3 |",
    "| 0.5 | 0.789 | typeorm | version kept, not checked | 7.1 | 2.7 |",
    "| sequelize | Sequelize 6, `save` of the changed instance, with `version: true`. | The version is compared in",
    "| `save.one.vs.typeorm` | W6, 1 client: time to load a record of 22 columns and save one attribute of it, medians of rounds, of which each is the median of 8, typeorm / distinction |",
    "TypeORM is of the version that distinction itself runs on, the other libraries are those of benchmarks/package.json.",
    "| W1 | everything, save | typeorm | +12 % |",
    "| `save.one.vs.typeorm` | 3.5 [3.2, 3.9] | ≥ 4 | **missed** |",
    "| `save.one.vs.sequelize` | 2.1 [1.9, 2.2] | ≥ 2 | undecided |",
    "| distinction | 0 | 3,000 |  |",
    "| typeorm | 419 | 2,500 | W1 419 of 2,500 |",
    "| W1 | everything, save | full write | version checked | 2 |",
    "| W13 | 1 KB | whole column by hand |  | 1.5 |",
    "| W8 | 8 writers, apart | pessimistic |  | 1.2 |",
    "| W1 | everything, save | handwritten | version checked | 20 |",
    "| W8 | 8 writers | handwritten |  | 1.03 |",
    "| W8 | 8 writers, apart | handwritten |  | 2.07 |",
    "| W20 | accept one target | handwritten | bins marked | 2 |",
    "| W20 | 64 adders | handwritten | not checked | 2.4 |",
    "Wide intervals:\n\n- entries.slope: noisy\n",
  ]) {
    expect(page).toContain(part);
  }
  expect(page, "a path on one machine").not.toContain("some-server");
  expect(page, "what the report alone has").not.toContain("W6: 1 client");
  expect(page, "we are no loss to ourselves").not.toMatch(/\| W[0-9].*\| distinction/);
  expect(page, "nothing is left of it once it is rounded").not.toMatch(/\| W20 .*\| global lock/);
});

test("a case that does not name this library's arm hides no loss", () => {
  const samples = { ...report.samples, W20: { "one bin": { publish: [4], floor: [1] } } };
  expect(() => figuresPage({ ...report, samples })).toThrow("W20, one bin: none of publish, floor is distinction");
});

test("only what is between the markers is replaced, as often as one likes", () => {
  const readme = `before\n${BEGIN}\nold\n${END}\nafter\n`;
  const once = readmeWith(readme, "new");
  expect(once).toBe(`before\n${BEGIN}\n\nnew\n\n${END}\nafter\n`);
  expect(readmeWith(once, "new")).toBe(once);
});

test.each(["none", BEGIN, `${END} ${BEGIN}`, `${BEGIN} ${END} ${END}`, `${BEGIN} ${BEGIN} ${END}`])(
  "a text without both markers once and in order is left alone: %s",
  (readme) => expect(() => readmeWith(readme, "new")).toThrow("once each"),
);
