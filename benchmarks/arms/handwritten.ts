import { createPool, type Pool, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import type { RecordTable } from "../../infrastructure/persistence/record-table.js";
import { again } from "./again.js";
import type { Arm, ArmOptions, ArmType } from "./arm.js";

type Row = RowDataPacket & Record<string, string | number | Date | null> & { version: number };
type Value = string | number | Date | null;

/**
 * H: the least SQL that does the work, as somebody would write it by hand for one table: two prepared statements of
 * mysql2. The floor for every library.
 */
export const handwrittenArm: ArmType = {
  name: "handwritten",
  guarantee: "version checked",
  async open(options: ArmOptions): Promise<Arm> {
    const pool = await openPool(options);
    const { select, update } = statements(options.table);
    const load = async (id: string): Promise<Row> => (await pool.execute<Row[]>(select, [id]))[0][0]!;
    const store = async (row: Row, attribute: string, value: Value): Promise<boolean> => {
      const [{ affectedRows }] = await pool.execute<ResultSetHeader>(update(attribute), [
        value,
        row["id"] as string,
        row.version,
      ]);
      return affectedRows === 1;
    };
    return {
      async setAttribute(id, attribute, value) {
        if (!(await store(await load(id), attribute, value as Value))) throw new Error(`${id} was changed meanwhile`);
      },
      increment: (id, attribute) =>
        again(async () => {
          const row = await load(id);
          return (await store(row, attribute, Number(row[attribute]) + 1)) ? "stored" : "overtaken";
        }),
      async saveUnchanged(id, loaded) {
        await load(id);
        loaded(); // by hand, one does not save what one did not change
      },
      close: () => pool.end(),
    };
  },
};

/** SELECT … FOR UPDATE, UPDATE, COMMIT on one connection: writers of a record wait for each other. */
export const pessimisticArm: ArmType = {
  name: "pessimistic",
  guarantee: "row locked",
  async open(options: ArmOptions): Promise<Arm> {
    const pool = await openPool(options);
    const { select, overwrite } = statements(options.table);
    const change = async (id: string, attribute: string, value: (row: Row) => Value): Promise<void> => {
      const connection = await pool.getConnection();
      try {
        await connection.beginTransaction();
        const [rows] = await connection.execute<Row[]>(`${select} FOR UPDATE`, [id]);
        await connection.execute(overwrite(attribute), [value(rows[0]!), id]);
        await connection.commit();
      } catch (error) {
        await connection.rollback();
        throw error;
      } finally {
        connection.release();
      }
    };
    return {
      setAttribute: (id, attribute, value) => change(id, attribute, () => value as Value),
      async increment(id, attribute) {
        await change(id, attribute, (row) => Number(row[attribute]) + 1);
        return 0;
      },
      async saveUnchanged(id, loaded) {
        await pool.execute(select, [id]);
        loaded();
      },
      close: () => pool.end(),
    };
  },
};

async function openPool({ url, poolSize, onStatement }: ArmOptions): Promise<Pool> {
  const pool = createPool({ uri: url, connectionLimit: poolSize, timezone: "Z", charset: "utf8mb4" });
  if (onStatement) {
    const execute = pool.execute.bind(pool) as (...given: unknown[]) => unknown;
    pool.execute = ((sql: string, ...rest: unknown[]) => (onStatement(sql), execute(sql, ...rest))) as never;
  }
  await pool.query("SELECT 1");
  return pool;
}

function statements({ name, columns }: RecordTable) {
  const list = [...Object.values(columns), "version"].map((column) => `\`${column}\``).join(", ");
  const set = (attribute: string): string =>
    `UPDATE ${name} SET \`${columns[attribute]}\` = ?, version = version + 1 WHERE id = ?`;
  return {
    select: `SELECT ${list} FROM ${name} WHERE id = ?`,
    update: (attribute: string): string => `${set(attribute)} AND version = ?`,
    overwrite: set,
  };
}
