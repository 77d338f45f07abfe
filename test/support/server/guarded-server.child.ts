import { runAsChild } from "../child-side.js";
import { startGuarded, type GuardOrder } from "./guarded-server.js";

/** A test run that is killed while it uses a server. */
await runAsChild<GuardOrder, never>(async (order, parent) => {
  const server = await startGuarded(order, () => undefined);
  await parent.send(server.pid);
  return new Promise<never>(() => setInterval(() => undefined, 1_000));
});
