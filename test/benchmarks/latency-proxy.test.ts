import { once } from "node:events";
import { createConnection, createServer, type AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { LatencyProxy } from "../../benchmarks/latency/latency-proxy.js";

const MILLISECONDS = 3;

test("packets come to the server in order and not before the delay, and the proxy ends when it is closed", async () => {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(echo, "listening");
  onTestFinished(() => void echo.close());
  const url = `mysql://root@127.0.0.1:${(echo.address() as AddressInfo).port}/`;
  const proxy = await LatencyProxy.before(url, MILLISECONDS);
  const socket = createConnection(Number(new URL(proxy.url).port), "127.0.0.1").setEncoding("utf8");
  for (let trip = 0; trip < 20; trip++) {
    const began = performance.now();
    socket.write(`${trip}, one;`);
    socket.write(`${trip}, two;`);
    let heard = "";
    while (!heard.endsWith("two;")) heard += ((await once(socket, "data")) as [string])[0];
    expect(heard).toBe(`${trip}, one;${trip}, two;`);
    expect(performance.now() - began).toBeGreaterThanOrEqual(MILLISECONDS);
  }
  const closed = once(socket, "close");
  await proxy.close();
  await closed;
});

test("packets of which none is to be late go through it all the same", async () => {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(echo, "listening");
  onTestFinished(() => void echo.close());
  const { port } = echo.address() as AddressInfo;
  const proxy = await LatencyProxy.adding(0, `mysql://root@127.0.0.1:${port}/`);
  onTestFinished(() => proxy.close());
  expect(Number(new URL(proxy.url).port)).not.toBe(port);
  const socket = createConnection(Number(new URL(proxy.url).port), "127.0.0.1").setEncoding("utf8");
  socket.write("passed on");
  expect(await once(socket, "data")).toEqual(["passed on"]);
  socket.destroy();
});

test("without a delay there is nothing in between", async () => {
  const { url } = await LatencyProxy.before("mysql://root@127.0.0.1:3306/", 0);
  expect(url).toBe("mysql://root@127.0.0.1:3306/");
});
