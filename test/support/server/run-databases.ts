import { createConnection, type RowDataPacket } from "mysql2/promise";
import { driverUrl } from "./server-version.js";

/** The run's id keeps two runs on one server apart. */
export function databasePrefix(runId: string): string {
  return `distinction_test_${runId}_`;
}

/** Tests drop what they made; this is for those that failed before they could. */
export async function dropDatabasesOfRun(url: string, runId: string): Promise<string[]> {
  const connection = await createConnection({ uri: driverUrl(url) });
  try {
    const prefix = databasePrefix(runId);
    const [rows] = await connection.query<RowDataPacket[]>(
      "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE LEFT(SCHEMA_NAME, ?) = ?",
      [prefix.length, prefix],
    );
    const names = rows.map((row) => String(row["name"]));
    for (const name of names) await connection.query("DROP DATABASE IF EXISTS ??", [name]);
    return names;
  } finally {
    await connection.end();
  }
}
