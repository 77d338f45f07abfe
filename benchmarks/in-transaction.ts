import type { Pool, PoolConnection } from "mysql2/promise";

/** Runs `work` on one connection, between BEGIN and COMMIT; where it fails, nothing of it is stored. */
export async function inTransaction<T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const result = await work(connection);
    await connection.commit();
    return result;
  } catch (error) {
    await connection.rollback();
    throw error;
  } finally {
    connection.release();
  }
}
