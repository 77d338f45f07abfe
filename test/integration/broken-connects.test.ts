import { expect, onTestFinished, test } from "vitest";
import { startChild } from "../support/child.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { onServer } from "./backends.js";

onServer((place) => {
  test("a process whose first connection broke ends by itself once the database is closed", async () => {
    const { hostname, port } = new URL(place().url);
    const proxy = await TcpProxy.to(hostname, Number(port || 3306));
    onTestFinished(() => proxy.close());
    proxy.breakAt(/VERSION\(\)/i, "cut before");
    const child = startChild(new URL("connector.child.ts", import.meta.url), proxy.through(place().url));
    expect(await child.output).toBe("DATABASE_UNAVAILABLE");
    expect(proxy.mishaps).toBe(1);
    expect(await child.exited).toEqual({ code: 0, signal: null });
  }, 20_000);
});
