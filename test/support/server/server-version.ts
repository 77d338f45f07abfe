import { createConnection, type RowDataPacket } from "mysql2/promise";

/** mysql2 takes its own scheme only for granted; `mariadb://` is the same protocol. */
export function driverUrl(url: string): string {
  return url.replace(/^mariadb:/, "mysql:");
}

/** Asks the server itself, which is also the proof that it can be reached and logged in to. */
export async function serverVersion(url: string, timeoutMilliseconds = 5_000): Promise<string> {
  const connection = await createConnection({ uri: driverUrl(url), connectTimeout: timeoutMilliseconds });
  try {
    const [rows] = await connection.query<RowDataPacket[]>("SELECT VERSION() AS version");
    return String(rows[0]?.["version"]);
  } finally {
    await connection.end();
  }
}

/** A container's server may refuse its first connections while its entry point sets up accounts. */
export async function waitForServer(url: string, withinMilliseconds: number): Promise<string> {
  const deadline = Date.now() + withinMilliseconds;
  for (;;) {
    try {
      return await serverVersion(url);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
