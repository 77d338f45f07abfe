import { openTestDatabase } from "../support/open-store.js";
import { runAsChild } from "../support/child-side.js";

/** Answers why it could not connect. */
await runAsChild<string, unknown>(async (url) => {
  const database = openTestDatabase(url);
  const failure: unknown = await database.connect().catch((error: unknown) => error);
  await database.close();
  return (failure as { code?: string } | undefined)?.code;
});
