import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readAt } from "../integration/published-files.js";
import { serve, type TestServer, TufClient } from "./tuf-client.js";

/** Milliseconds between two refreshes of one that goes on by itself. */
const INTERVAL = 200;

/**
 * An unmodified tuf-js client that refreshes over HTTP, keeping what it trusts, and a web server that remembers what it
 * served under each version. It refreshes when it is told to (`poll`), or all the time (`keepPolling`).
 */
export class PollingClient {
  #stopped = false;
  #polls = 0;
  #polling: Promise<void> = Promise.resolve();
  /** One path of each directory. */
  readonly #there = new Map<string, string>();

  private constructor(
    private readonly server: TestServer,
    private readonly client: TufClient,
    private readonly served: Served,
  ) {}

  /** @param metadata see `filesAt` */
  static async over(metadata: string): Promise<PollingClient> {
    const served = new Served();
    const server = await serve(
      metadata,
      (path) => Buffer.from(path),
      (name, bytes) => served.saw(name, bytes),
    );
    const client = await TufClient.trusting(await readAt(metadata, "1.root.json"), server.url);
    return new PollingClient(server, client, served);
  }

  /** From now on every poll downloads a target, whose content is its path, in the place of former ones of its directory. */
  willFind(path: string): void {
    this.#there.set(dirname(path), path);
  }

  /**
   * One refresh, one bin, and what is to be found; fails where the client does, where that is not there, or where one version had
   * two contents.
   */
  async poll(): Promise<void> {
    const updater = await this.client.refreshed();
    await updater.getTargetInfo(`any/${this.#polls++}`);
    for (const path of this.#there.values()) {
      const target = await updater.getTargetInfo(path);
      if (target === undefined) throw new Error(`the client does not find ${path}`);
      await updater.downloadTarget(target);
    }
    this.#expectOneContentEach();
  }

  /** Polls until `stop`, which tells how that went. */
  keepPolling(): void {
    this.#polling = this.#keepPolling();
    this.#polling.catch(() => undefined); // reported where it is awaited
  }

  /** Ends it; fails where a refresh failed meanwhile, or one version had two contents. Answers how often it refreshed. */
  async stop(): Promise<number> {
    this.#stopped = true;
    try {
      await this.#polling;
    } finally {
      await this.server.close();
      await this.client.remove();
    }
    this.#expectOneContentEach();
    return this.#polls;
  }

  #expectOneContentEach(): void {
    if (this.served.faults.length > 0) throw new Error(this.served.faults.join(", "));
  }

  async #keepPolling(): Promise<void> {
    while (!this.#stopped) {
      await this.poll();
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
