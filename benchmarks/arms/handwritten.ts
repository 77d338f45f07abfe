import { createPool, type Pool, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import type { RecordTable } from "../../infrastructure/persistence/records/record-table.js";
import { again, ChangedMeanwhile, isChangedMeanwhile } from "./again.js";
import type { ArmOptions, ArmType, BatchArm } from "./arm.js";

export type Row = RowDataPacket & Record<string, string | number | Date | null> & { version: number };
export type Value = string | number | Date | null;

/**
 * H: the least SQL that does the work, as somebody would write it by hand for one table: two prepared statements of
 * mysql2. The floor for every library.
 */
export const handwrittenArm: ArmType<BatchArm> = {
  name: "handwritten",
  guarantee: "version checked",
  async open(options: ArmOptions): Promise<BatchArm> {
    const pool = await openPool(options);
    const { select, update } = statements(options.table);
    const batch = await batchStatements(pool, options.table);
    const load = async (id: string): Promise<Row> => (await pool.execute<Row[]>(select, [id]))[0][0]!;
    const store = async (row: Row, attribute: string, value: Value): Promise<void> => {
      const [{ affectedRows }] = await pool.execute<ResultSetHeader>(update(attribute), [
        value,
        row["id"] as string,
        row.version,
      ]);
      if (affectedRows === 0) throw new ChangedMeanwhile(row["id"] as string);
    };
    return {
      async setAttribute(id, attribute, value) {
        await store(await load(id), attribute, value as Value);
      },
      increment: (id, attribute) =>
        again(async () => {
          const row = await load(id);
          await store(row, attribute, Number(row[attribute]) + 1);
        }, isChangedMeanwhile),
      read: load,
      async saveUnchanged(id, loaded) {
        await load(id);
        loaded(); // by hand, one does not save what one did not change
      },
      async editMany(attribute, values) {
        const [rows] = await pool.query<Row[]>(batch.select, [[...values.keys()]]);
        const update = batch.update(attribute);
        return async () => {
          const edits = rows.map(({ id, version }) => ({ id: id as string, version, value: values.get(id as string) }));
          await pool.execute(update, [JSON.stringify(edits)]); // rejects where one was changed meanwhile
        };
      },
      close: () => pool.end(),
    };
  },
};

export async function openPool({ url, poolSize, onStatement }: ArmOptions): Promise<Pool> {
  const pool = createPool({ uri: url, connectionLimit: poolSize, timezone: "Z", charset: "utf8mb4" });
  if (onStatement) {
    const execute = pool.execute.bind(pool) as (...given: unknown[]) => unknown;
    pool.execute = ((sql: string, ...rest: unknown[]) => (onStatement(sql), execute(sql, ...rest))) as never;
  }
  await pool.query("SELECT 1");
  return pool;
}

export function statements({ name, columns }: RecordTable) {
  const list = [...Object.values(columns), "version"].map((column) => `\`${column}\``).join(", ");
  const set = (attribute: string): string =>
    `UPDATE ${name} SET \`${columns[attribute]}\` = ?, version = version + 1 WHERE id = ?`;
  return {
    select: `SELECT ${list} FROM ${name} WHERE id = ?`,
    update: (attribute: string): string => `${set(attribute)} AND version = ?`,
    overwrite: set,
  };
}

/**
 * One UPDATE of any number of rows, their keys, versions and values in one JSON text: all or none without BEGIN and COMMIT,
 * because a row that is gone or has another version makes it fail (error 1690).
 */
async function batchStatements(pool: Pool, { name, columns }: RecordTable) {
  const [types] = await pool.query<RowDataPacket[]>(
    "SELECT COLUMN_NAME AS name, CHARACTER_MAXIMUM_LENGTH AS length, COLLATION_NAME AS collation " +
      "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?",
    [name],
  );
  const typeOf = (attribute: string): string => {
    const { length, collation } = types.find((column) => column["name"] === columns[attribute])! as unknown as Row;
    return `VARCHAR(${String(length)}) CHARACTER SET utf8mb4 COLLATE ${String(collation)}`;
  };
  return {
    select: `SELECT id, version FROM ${name} WHERE id IN (?)`,
    update: (attribute: string): string =>
      `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id ${typeOf("id")} PATH '$.id', version BIGINT PATH '$.version', ` +
      `value ${typeOf(attribute)} PATH '$.value')) AS j LEFT JOIN ${name} AS t ON t.id = j.id ` +
      `SET t.\`${columns[attribute]}\` = j.value, t.version = t.version + 1 ` +
      `WHERE IF(t.version = j.version, 1, ~j.version + j.version + 1)`,
  };
}
