import { TcpProxy } from "../../test/support/tcp-proxy.js";
import { DOCUMENT_ARMS, WHOLE_BY_HAND } from "../arms/documents/index.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { median, medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { interleaved, timed, type Samples } from "../measure.js";
import { body, documentTable, type Body } from "../model/document.js";

const KILOBYTES = { quick: [1, 100], full: [1, 10, 100] } as const;
const SAVES_PER_ROUND = 10;
/** Rounds of each size that are not counted: saves by the hundred, of which a quick run has less. */
const WARM_UP = { quick: 2, full: 20 } as const;

/** One leaf of a JSON document: the path alone, or the whole document again. */
export const wideJson: Workload = {
  id: "W13",
  title: "One leaf of a JSON document",
  async run({ url, tables, random, quick, say }: Bench): Promise<Findings> {
    const kilobytes = KILOBYTES[quick ? "quick" : "full"];
    await tables.fill(
      documentTable,
      kilobytes.flatMap((size) => DOCUMENT_ARMS.map(({ name }) => ({ id: `${name} ${size}`, body: body(size) }))),
    );
    const arms = await Promise.all(DOCUMENT_ARMS.map(async ({ name, open }) => ({ name, arm: await open(url) })));
    const samples: Record<string, Samples> = {};
    const bytes: Record<string, Record<string, number>> = {};
    try {
      for (const size of kilobytes) {
        const label = `${size} KB`;
        const last = new Map<string, string>();
        let turn = 0;
        const contenders = arms.map(({ name, arm }) => ({
          name,
          round: async () => {
            const times: number[] = [];
            for (let save = 0; save < SAVES_PER_ROUND; save++) {
              const value = `changed ${++turn}`;
              times.push(await timed(await arm.edit(`${name} ${size}`, value)));
              last.set(`${name} ${size}`, value);
            }
            return median(times);
          },
        }));
        const sayRound = (what: string): void => say(`${label}, ${what}`);
        samples[label] = await interleaved(
          contenders,
          quick ? 4 : 60,
          random,
          sayRound,
          WARM_UP[quick ? "quick" : "full"],
        );
        await verify(tables, last);
        bytes[label] = await bytesSent(url, size);
      }
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
    return {
      tables: kilobytes.map((size) => {
        const label = `${size} KB`;
        return {
          title: `W13: save of one leaf of a document of ${label}`,
          columns: ["arm", "guarantee", "milliseconds", "against the whole column", "bytes on the wire"],
          rows: DOCUMENT_ARMS.map(({ name, guarantee }) => [
            name,
            guarantee,
            withInterval(medianOf(samples[label]![name]!, random)),
            withInterval(ratioOf(samples[label]![name]!, samples[label]![WHOLE_BY_HAND]!, random)),
            bytes[label]![name]!,
          ]),
        };
      }),
      samples,
    };
  },
};

/** What one save sends, as a proxy sees it. */
async function bytesSent(url: string, size: number): Promise<Record<string, number>> {
  const { hostname, port } = new URL(url);
  const sent: Record<string, number> = {};
  for (const { name, open } of DOCUMENT_ARMS) {
    const proxy = await TcpProxy.to(hostname, Number(port || 3306));
    let bytes = 0;
    proxy.onPacket = ({ length }) => ((bytes += length), "pass");
    const { edit, close } = await open(proxy.through(url));
    try {
      await (
        await edit(`${name} ${size}`, "prepared")
      )();
      const save = await edit(`${name} ${size}`, "counted!");
      bytes = 0;
      await save();
      sent[name] = bytes;
    } finally {
      await close();
      await proxy.close();
    }
  }
  return sent;
}

/** Every document holds the value that its last save acknowledged, and all others as they were. */
async function verify(tables: Bench["tables"], last: ReadonlyMap<string, string>): Promise<void> {
  for (const [id, value] of last) {
    const { body: stored } = await tables.row(documentTable, id);
    const found = (typeof stored === "string" ? JSON.parse(stored) : stored) as Body;
    const size = Number(id.split(" ").at(-1));
    const expected = body(size);
    expected["section0"]!["leaf0"] = value;
    const sorted = (document: Body): string =>
      JSON.stringify(
        Object.entries(document)
          .map(([name, section]) => [name, Object.entries(section).sort()])
          .sort(),
      );
    if (sorted(found) !== sorted(expected)) throw new Error(`${id} does not hold what was written`);
  }
}
