import SqliteFile from "better-sqlite3";
import { runAsChild } from "../support/child-side.js";

/** Keeps the write lock of an SQLite file until told to let go. */
await runAsChild<{ path: string }, null>(async ({ path }, parent) => {
  const file = new SqliteFile(path);
  file.exec("BEGIN IMMEDIATE");
  await parent.send("holding");
  await parent.next();
  file.exec("COMMIT");
  file.close();
  return null;
});
