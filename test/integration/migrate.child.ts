import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { runAsChild } from "../support/child-side.js";

/** Opens a database at the same moment as others, which brings its tables up to date. */
await runAsChild<{ url: string }, null>(async ({ url }, parent) => {
  const database = openDatabase(url, { clock: systemClock, random: Math.random, schema: "migrate" });
  await parent.ready();
  await database.connect();
  await database.close();
  return null;
});
