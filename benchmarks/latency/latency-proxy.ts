import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { childScript } from "../child-script.js";

/** Stands between the arms and the server, in a process of its own so that waiting costs the arms nothing. */
export class LatencyProxy {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess | undefined,
  ) {}

  /** Adds `milliseconds` to every round trip to the server of `url`; with none there is nothing in between. */
  static before(url: string, milliseconds: number): Promise<LatencyProxy> {
    return milliseconds === 0
      ? Promise.resolve(new LatencyProxy(url, undefined))
      : LatencyProxy.adding(milliseconds, url);
  }

  /** Adds `milliseconds`, which may be none, to what passing every packet on takes by itself. */
  static async adding(milliseconds: number, url: string): Promise<LatencyProxy> {
    const { hostname, port } = new URL(url);
    const { path, execArgv } = childScript(import.meta.url, "latency-proxy.child");
    const child = spawn(process.execPath, [...execArgv, path, hostname, port || "3306", String(milliseconds)], {
      stdio: ["pipe", "pipe", "inherit"], // it ends when its input does: with us, however we end
    });
    const listening = once(createInterface({ input: child.stdout }), "line") as Promise<[string]>;
    const failed = once(child, "exit").then(([code]) => {
      throw new Error(`the latency proxy ended with ${code}`);
    });
    const [ownPort] = await Promise.race([listening, failed]);
    failed.catch(() => undefined);
    const by = new URL(url);
    by.hostname = "127.0.0.1";
    by.port = ownPort;
    return new LatencyProxy(by.href, child);
  }

  async close(): Promise<void> {
    if (this.child === undefined) return;
    const exited = once(this.child, "exit");
    this.child.stdin!.end();
    await exited;
  }
}
