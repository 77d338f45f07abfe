import { createPool, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { TcpProxy } from "../../test/support/tcp-proxy.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { median, medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { interleaved, timed, type Samples } from "../measure.js";
import { body, documentTable, documentType, type Body } from "../model/document.js";

const KILOBYTES = [1, 10, 100] as const;
const SAVES_PER_ROUND = 10;

/** Writes one leaf of a document that it has loaded; answers the save alone. */
type Writer = (id: string, value: string) => Promise<() => Promise<unknown>>;

interface WriterType {
  readonly name: string;
  open(url: string): Promise<{ readonly write: Writer; close(): Promise<void> }>;
}

/** One leaf of a JSON document: the path alone, or the whole document again. */
export const wideJson: Workload = {
  id: "W13",
  title: "One leaf of a JSON document",
  async run({ url, tables, random, quick, say }: Bench): Promise<Findings> {
    await tables.fill(
      documentTable,
      KILOBYTES.flatMap((size) => WRITERS.map(({ name }) => ({ id: `${name} ${size}`, body: body(size) }))),
    );
    const writers = await Promise.all(WRITERS.map(async ({ name, open }) => ({ name, writer: await open(url) })));
    const samples: Record<string, Samples> = {};
    const bytes: Record<string, Record<string, number>> = {};
    try {
      for (const size of KILOBYTES) {
        const label = `${size} KB`;
        let turn = 0;
        const contenders = writers.map(({ name, writer }) => ({
          name,
          round: async () => {
            const times: number[] = [];
            for (let save = 0; save < SAVES_PER_ROUND; save++) {
              times.push(await timed(await writer.write(`${name} ${size}`, `changed ${++turn}`)));
            }
            return median(times);
          },
        }));
        samples[label] = await interleaved(contenders, quick ? 15 : 60, random, (what) => say(`${label}, ${what}`));
        bytes[label] = await bytesSent(url, size);
      }
      await verify(tables);
    } finally {
      await Promise.all(writers.map(({ writer }) => writer.close()));
    }
    return {
      tables: KILOBYTES.map((size) => {
        const label = `${size} KB`;
        return {
          title: `W13: save of one leaf of a document of ${label}`,
          columns: ["arm", "milliseconds", "against the whole column", "bytes to the server"],
          rows: WRITERS.map(({ name }) => [
            name,
            withInterval(medianOf(samples[label]![name]!, random)),
            withInterval(ratioOf(samples[label]![name]!, samples[label]![WHOLE]!, random)),
            bytes[label]![name]!,
          ]),
        };
      }),
      samples,
    };
  },
};

const WHOLE = "whole column by hand";

const WRITERS: readonly WriterType[] = [
  {
    name: "distinction",
    async open(url) {
      const outside = { clock: systemClock, random: Math.random };
      const database = openDatabase(url, { ...outside, schema: "unmanaged" });
      await database.connect();
      const documents = new DistinctRepository(documentType, new SqlRecordStore(database, documentTable), outside);
      return {
        async write(id, value) {
          const document = await documents.get(id);
          (document.body as Body)["section0"]!["leaf0"] = value;
          return () => documents.save(document);
        },
        close: () => database.close(),
      };
    },
  },
  byHand("path by hand", "JSON_SET(body, '$.section0.leaf0', ?)", (_, value) => value),
  byHand(WHOLE, "?", (document, value) => {
    document["section0"]!["leaf0"] = value;
    return JSON.stringify(document);
  }),
];

function byHand(name: string, assigned: string, parameter: (document: Body, value: string) => string): WriterType {
  return {
    name,
    open(url) {
      const pool = createPool({ uri: url, connectionLimit: 1, timezone: "Z", charset: "utf8mb4" });
      const write: Writer = async (id, value) => {
        const select = `SELECT CAST(body AS CHAR) AS body, version FROM ${documentTable.name} WHERE id = ?`;
        const [[row]] = await pool.execute<RowDataPacket[]>(select, [id]);
        const document = JSON.parse(row!["body"] as string) as Body;
        return async () => {
          const update = `UPDATE ${documentTable.name} SET body = ${assigned}, version = version + 1 WHERE id = ? AND version = ?`;
          const given = [parameter(document, value), id, row!["version"] as number];
          const [{ affectedRows }] = await pool.execute<ResultSetHeader>(update, given);
          if (affectedRows !== 1) throw new Error(`${id} was changed meanwhile`);
        };
      };
      return Promise.resolve({ write, close: () => pool.end() });
    },
  };
}

/** What one save sends, as a proxy sees it. */
async function bytesSent(url: string, size: number): Promise<Record<string, number>> {
  const { hostname, port } = new URL(url);
  const sent: Record<string, number> = {};
  for (const { name, open } of WRITERS) {
    const proxy = await TcpProxy.to(hostname, Number(port || 3306));
    let bytes = 0;
    proxy.onPacket = ({ length }) => ((bytes += length), "pass");
    const { write, close } = await open(proxy.through(url));
    try {
      await (
        await write(`${name} ${size}`, "prepared")
      )();
      const save = await write(`${name} ${size}`, "counted!");
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

/** Every document holds its last leaf, and all the others as they were. */
async function verify(tables: Bench["tables"]): Promise<void> {
  for (const { id, body: stored } of await tables.rows(documentTable)) {
    const found = (typeof stored === "string" ? JSON.parse(stored) : stored) as Body;
    const size = Number((id as string).split(" ").at(-1));
    const expected = body(size);
    expected["section0"]!["leaf0"] = "counted!";
    const sorted = (document: Body): string =>
      JSON.stringify(
        Object.entries(document)
          .map(([name, section]) => [name, Object.entries(section).sort()])
          .sort(),
      );
    if (sorted(found) !== sorted(expected)) throw new Error(`${id as string} does not hold what was written`);
  }
}
