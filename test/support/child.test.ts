import { afterAll, describe, expect, it } from "vitest";
import { releaseTogether, runChild, startChild } from "./child.js";
import type { Order } from "./example.child.js";

const SCRIPT = new URL("example.child.ts", import.meta.url);
const order = (what: Order["what"]): Order => ({ what, numbers: [1, 2, 3] });

describe("a child process", () => {
  it("gets an input and gives an output", async () => {
    expect(await runChild<number>(SCRIPT, order("sum"))).toBe(6);
  });

  it("fails as its script fails, with the stack", async () => {
    await expect(runChild(SCRIPT, order("fail"))).rejects.toThrow(/no numbers today[^]*example\.child\.ts/);
  });

  it("keeps what it wrote", async () => {
    const child = startChild(SCRIPT, order("write"));
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect([child.stdout(), child.stderr()]).toEqual(["out\n", "err\n"]);
  });

  it("tells how it ended without an output", async () => {
    const child = startChild(SCRIPT, order("exit"));
    await expect(child.next()).rejects.toThrow("exit 7");
    await expect(child.output).rejects.toThrow(/exit 7\)\nlast words/);
  });

  it("waits at the barrier until all are there", async () => {
    const children = [1, 2, 3].map(() => startChild(SCRIPT, order("race")));
    await releaseTogether(children);
    const times = (await Promise.all(children.map((child) => child.output))) as { ready: number; go: number }[];
    const lastReady = Math.max(...times.map((time) => time.ready));
    for (const time of times) expect(time.go).toBeGreaterThanOrEqual(lastReady);
  });

  it("can be killed", async () => {
    const child = startChild(SCRIPT, order("hang"));
    await child.next();
    child.kill("SIGKILL");
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
    await expect(child.output).rejects.toThrow("SIGKILL");
  });

  let forgotten: number | undefined;
  it("is killed with the test that started it", async () => {
    const child = startChild(SCRIPT, order("hang"));
    await child.next();
    forgotten = child.pid;
  });
  afterAll(() => {
    expect(forgotten).toBeTypeOf("number");
    expect(() => process.kill(forgotten ?? 0, 0)).toThrow("ESRCH");
  });
});
