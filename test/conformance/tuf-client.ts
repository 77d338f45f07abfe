import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Updater } from "tuf-js";
import { readAt } from "../integration/published-files.js";

/** A plain web server on loopback: `/metadata/` from where it is published, `/targets/` from content by path. */
export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param metadata see `filesAt`
 * @param contentOf the content of a target path, or `undefined` for 404
 * @param onMetadata told of every metadata file that is served
 * @param onAsked told of every metadata file that is asked for, which is looked for once it ends
 */
export async function serve(
  metadata: string,
  contentOf: (path: string) => Buffer | undefined,
  onMetadata: (name: string, bytes: Uint8Array) => void = () => undefined,
  onAsked: (name: string) => Promise<void> = () => Promise.resolve(),
): Promise<TestServer> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const answer = async (): Promise<Buffer | undefined> => {
      if (path.startsWith("/targets/")) return contentOf(withoutHash(path.slice("/targets/".length)));
      const name = path.slice("/metadata/".length);
      await onAsked(name);
      const bytes = await readAt(metadata, name);
      onMetadata(name, bytes);
      return bytes;
    };
    answer().then(
      (body) => response.writeHead(body === undefined ? 404 : 200).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** `dir/HASH.name` as consistent snapshots have it (TUF 1.0.33 §6.2) is `dir/name`. */
function withoutHash(path: string): string {
  return path.replace(/(^|\/)[0-9a-f]{64}\.([^/]*)$/, "$1$2");
}

/** An unmodified tuf-js client that keeps its trusted metadata between refreshes, and so notices any rollback. */
export class TufClient {
  private constructor(
    readonly directory: string,
    private readonly url: string,
  ) {}

  /** One that has trusted a root before, in this process or another. */
  static keptIn(directory: string, url: string): TufClient {
    return new TufClient(directory, url);
  }

  /**
   * Trusts the first root, which a real client is shipped with.
   * @param root the path of its file, or its bytes
   */
  static async trusting(root: string | Uint8Array, url: string): Promise<TufClient> {
    const directory = await mkdtemp(join(tmpdir(), "distinction-client-"));
    await mkdir(join(directory, "targets"));
    await writeFile(join(directory, "root.json"), typeof root === "string" ? await readFile(root) : root);
    return new TufClient(directory, url);
  }

  /** A refreshed updater, as each run of a client program makes one. */
  async refreshed(): Promise<Updater> {
    const updater = new Updater({
      metadataDir: this.directory,
      metadataBaseUrl: `${this.url}/metadata`,
      targetDir: join(this.directory, "targets"),
      targetBaseUrl: `${this.url}/targets`,
      config: { fetchRetry: 0 },
    });
    await updater.refresh();
    return updater;
  }

  /** Downloads and verifies targets after one refresh; `undefined` for those that the metadata does not know. */
  async download(...paths: string[]): Promise<readonly (string | undefined)[]> {
    const updater = await this.refreshed();
    const contents: (string | undefined)[] = [];
    for (const path of paths) {
      const target = await updater.getTargetInfo(path);
      contents.push(target && (await readFile(await updater.downloadTarget(target), "utf8")));
    }
    return contents;
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }
}
