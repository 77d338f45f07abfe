import { parentPort, workerData } from "node:worker_threads";

// Sleeps until the time it was given last and says so: unlike timers of Node, a thread's sleep is finer than a millisecond.
const isSet = new Int32Array(workerData, 0, 1);
const wakeAt = new BigInt64Array(workerData, 8, 1);
const never = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  Atomics.wait(isSet, 0, 0);
  Atomics.store(isSet, 0, 0);
  const milliseconds = Number(Atomics.load(wakeAt, 0) - process.hrtime.bigint()) / 1e6;
  if (milliseconds > 0) Atomics.wait(never, 0, 0, milliseconds);
  parentPort.postMessage(undefined);
}
