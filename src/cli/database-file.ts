import { stat } from "node:fs/promises";
import { resolve } from "node:path";

/** The file of an embedded database; `undefined` for a server. */
function databaseFile(url: string): string | undefined {
  return /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(url)?.[1];
}

/** The file of an embedded database that is not there: only a command that begins something may create it. */
export async function missingDatabaseFile(url: string): Promise<string | undefined> {
  const file = databaseFile(url);
  if (file === undefined) return undefined;
  return stat(file).then(
    () => undefined,
    () => file,
  );
}

/** What tells a database from others: where it is, without user and password. */
export function databasePlace(url: string): string {
  const file = databaseFile(url);
  if (file !== undefined) return resolve(file);
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === "" ? "3306" : port}${pathname}`;
}
