import type { Pool, PoolConnection, RowDataPacket } from "mysql2/promise";
import { inTransaction } from "../in-transaction.js";
import type { Arm, ArmOptions, ArmType } from "./arm.js";
import { openPool, statements, type Row, type Value } from "./handwritten.js";

/** SELECT … FOR UPDATE, UPDATE, COMMIT on one connection: writers of a record wait for each other. */
export const pessimisticArm: ArmType = {
  name: "pessimistic",
  guarantee: "row locked",
  open: (options) => lockingArm(options, " FOR UPDATE", inTransaction),
};

/** One named lock of the server for the whole table, held from before the SELECT until after the UPDATE: writers of any record wait for each other. */
export const globalLockArm: ArmType = {
  name: "global lock",
  guarantee: "all locked",
  open: (options) => lockingArm(options, "", underLock),
};

type Locked = (pool: Pool, work: (connection: PoolConnection) => Promise<void>) => Promise<void>;

async function lockingArm(options: ArmOptions, suffix: string, locked: Locked): Promise<Arm> {
  const pool = await openPool(options);
  const { select, overwrite } = statements(options.table);
  const load = async (id: string): Promise<Row> => (await pool.execute<Row[]>(select, [id]))[0][0]!;
  const change = (id: string, attribute: string, value: (row: Row) => Value): Promise<void> =>
    locked(pool, async (connection) => {
      const [rows] = await connection.execute<Row[]>(`${select}${suffix}`, [id]);
      await connection.execute(overwrite(attribute), [value(rows[0]!), id]);
    });
  return {
    setAttribute: (id, attribute, value) => change(id, attribute, () => value as Value),
    async increment(id, attribute) {
      await change(id, attribute, (row) => Number(row[attribute]) + 1);
      return 0;
    },
    read: load,
    async saveUnchanged(id, loaded) {
      await load(id);
      loaded();
    },
    close: () => pool.end(),
  };
}

async function underLock(pool: Pool, work: (connection: PoolConnection) => Promise<void>): Promise<void> {
  const connection = await pool.getConnection();
  try {
    const [[taken]] = await connection.query<RowDataPacket[]>("SELECT GET_LOCK(DATABASE(), 60) AS taken");
    if (taken!["taken"] !== 1) throw new Error("the global lock was not to be had within a minute");
    try {
      await work(connection);
    } finally {
      await connection.query("SELECT RELEASE_LOCK(DATABASE())");
    }
  } finally {
    connection.release();
  }
}
