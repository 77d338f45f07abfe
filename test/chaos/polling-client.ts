import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { serve, type TestServer, TufClient } from "../conformance/tuf-client.js";

/** Milliseconds between two refreshes. */
const INTERVAL = 200;

/**
 * An unmodified tuf-js client that refreshes over HTTP as long as it lives, keeping what it trusts, and a web server that
 * remembers what it served under each version.
 */
export class PollingClient {
  #stopped = false;
  #polls = 0;
  readonly #polling: Promise<void>;

  private constructor(
    private readonly server: TestServer,
    private readonly client: TufClient,
    private readonly served: Served,
  ) {
    this.#polling = this.#poll();
    this.#polling.catch(() => undefined); // reported where it is awaited
  }

  static async over(metadata: string): Promise<PollingClient> {
    const served = new Served();
    const server = await serve(
      metadata,
      (path) => Buffer.from(path),
      (name, bytes) => served.saw(name, bytes),
    );
    const client = await TufClient.trusting(join(metadata, "1.root.json"), server.url);
    return new PollingClient(server, client, served);
  }

  /** Ends the polling; fails where a refresh did, or where one version had two contents. Answers how often it refreshed. */
  async stop(): Promise<number> {
    this.#stopped = true;
    try {
      await this.#polling;
    } finally {
      await this.server.close();
      await this.client.remove();
    }
    expect(this.served.faults).toEqual([]);
    return this.#polls;
  }

  async #poll(): Promise<void> {
    for (; !this.#stopped; this.#polls++) {
      const updater = await this.client.refreshed();
      // Fetches a bin, too.
      await updater.getTargetInfo(`any/${this.#polls}`);
      await pause(INTERVAL);
    }
  }
}

/** What was ever served, by name and version. */
class Served {
  readonly faults: string[] = [];
  readonly #digests = new Map<string, string>();

  saw(name: string, bytes: Uint8Array): void {
    const { signed } = JSON.parse(Buffer.from(bytes).toString("utf8")) as { signed: { version: number } };
    const version = `${name} version ${signed.version}`;
    const digest = createHash("sha256").update(bytes).digest("hex");
    const before = this.#digests.get(version) ?? digest;
    if (before !== digest) this.faults.push(`two contents of ${version}`);
    this.#digests.set(version, digest);
  }
}
