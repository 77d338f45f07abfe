import { open } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";

export interface RepositoryServer {
  /** `http://127.0.0.1:<port>` with `/metadata` and `/targets` below it. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves published metadata and the target files themselves over loopback HTTP. Clients ask for `<dir>/<hash>.<name>`
 * (consistent snapshots, TUF 1.0.33 §6.2); the bytes come from `<dir>/<name>`, and whether they have that hash is for
 * the client to find out.
 */
export async function serveRepository(metadata: string, targets: string): Promise<RepositoryServer> {
  const server = createServer((request, response) => {
    answer(request, response, metadata, targets).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  metadata: string,
  targets: string,
): Promise<void> {
  const path = servedFile(decodeURIComponent(request.url ?? "/"), metadata, targets);
  const file = path === undefined ? undefined : await open(path).catch(() => undefined);
  if (file === undefined) response.writeHead(404).end();
  else await pipeline(file.createReadStream(), response);
}

function servedFile(url: string, metadata: string, targets: string): string | undefined {
  const path = normalize(url);
  if (path.includes("\0") || path.split(sep).includes("..")) return undefined;
  if (path.startsWith("/metadata/")) return join(metadata, path.slice("/metadata/".length));
  if (!path.startsWith("/targets/")) return undefined;
  const name = basename(path).replace(/^[0-9a-f]{64}\./, "");
  return join(targets, dirname(path.slice("/targets/".length)), name);
}
