import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

// Usage: latency-proxy.child.ts HOST PORT MILLISECONDS
// Passes packets on, those to the server after a delay. Timers of Node are no finer than a millisecond, so another thread
// sleeps until shortly before a packet is due, and only that last bit is polled for: the arms need the processors.
// Prints its port; ends when its input does.
const [host, port, milliseconds] = process.argv.slice(2);
const delay = BigInt(Math.round(Number(milliseconds) * 1e6));

interface Waiting {
  readonly due: bigint;
  readonly to: Socket;
  readonly packet: Buffer;
}

const waiting: Waiting[] = [];

/** Nanoseconds by which the alarm is early: it tells of itself a little late. */
const EARLY = 150_000n;

const shared = new SharedArrayBuffer(16);
const isSet = new Int32Array(shared, 0, 1);
const wakeAt = new BigInt64Array(shared, 8, 1);
new Worker(new URL("alarm.mjs", import.meta.url), { workerData: shared, execArgv: [] }).on("message", passOn);

/** All packets wait equally long, so that the first to come is the first to go. */
function passOn(): void {
  const now = process.hrtime.bigint();
  while (waiting.length > 0 && waiting[0]!.due <= now) {
    const { to, packet } = waiting.shift()!;
    if (!to.destroyed) to.write(packet);
  }
  if (waiting.length === 0) return;
  const early = waiting[0]!.due - EARLY;
  if (early <= now) setImmediate(passOn);
  else {
    Atomics.store(wakeAt, 0, early);
    Atomics.store(isSet, 0, 1);
    Atomics.notify(isSet, 0);
  }
}

const server = createServer((client) => {
  const upstream = createConnection(Number(port), host);
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    socket.setNoDelay(true);
    socket.on("error", () => other.destroy());
    socket.once("close", () => other.destroy());
  }
  upstream.on("data", (packet) => void client.write(packet));
  client.on("data", (packet: Buffer) => {
    waiting.push({ due: process.hrtime.bigint() + delay, to: upstream, packet });
    if (waiting.length === 1) passOn();
  });
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().once("end", () => process.exit(0));
