import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";

// Usage: latency-proxy.child.ts HOST PORT MILLISECONDS
// Passes packets on, those to the server after a delay. Timers of Node are no finer than a millisecond, so packets that
// wait are polled for. Prints its port; ends when its input does.
const [host, port, milliseconds] = process.argv.slice(2);
const delay = BigInt(Math.round(Number(milliseconds) * 1e6));

interface Waiting {
  readonly due: bigint;
  readonly to: Socket;
  readonly packet: Buffer;
}

const waiting: Waiting[] = [];

/** All packets wait equally long, so that the first to come is the first to go. */
function passOn(): void {
  while (waiting.length > 0 && waiting[0]!.due <= process.hrtime.bigint()) {
    const { to, packet } = waiting.shift()!;
    if (!to.destroyed) to.write(packet);
  }
  if (waiting.length > 0) setImmediate(passOn);
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
    if (waiting.length === 1) setImmediate(passOn);
  });
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().once("end", () => process.exit(0));
