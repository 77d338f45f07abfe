import { randomUUID } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGuarded } from "./guarded-server.js";
import { findExecutable, findServerBinary, searchFolders, type ServerBinary } from "./server-binary.js";
import { serverCommands } from "./server-commands.js";
import { waitForServer } from "./server-version.js";
import type { Say, ServerSource, TestServer } from "./test-server.js";

/** A port can be taken between the moment it was free and the server's start. */
const ATTEMPTS = 3;

/** A server that a test has to itself, to crash it. */
export interface LocalServer extends TestServer {
  /** By SIGKILL. */
  kill(): Promise<void>;
  /** On the same port and data. */
  start(): Promise<void>;
}

/** A server program of this machine, started for these tests alone; one that already runs is somebody else's. */
export function localSource(environment: NodeJS.ProcessEnv, say: Say): ServerSource {
  return {
    name: "a local mysqld or mariadbd",
    find: () => startLocalServer(environment, say),
  };
}

/** A new server in a directory of its own; `undefined` where the machine has no server program. */
export async function startLocalServer(environment: NodeJS.ProcessEnv, say: Say): Promise<LocalServer | undefined> {
  const folders = searchFolders(environment);
  const binary = await findServerBinary(folders);
  if (binary === undefined) return undefined;
  const installer =
    binary.flavour === "mariadb"
      ? await findExecutable(["mariadb-install-db", "mysql_install_db"], folders)
      : undefined;
  return startLocal(binary, installer, say);
}

async function startLocal(binary: ServerBinary, installer: string | undefined, say: Say): Promise<LocalServer> {
  let failure: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const began = Date.now();
    const directory = join(tmpdir(), `distinction-server-${randomUUID().slice(0, 8)}`);
    const port = await freePort();
    const commands = serverCommands(binary, { directory, port, asRoot: process.getuid?.() === 0, installer });
    try {
      const server = await startGuarded({ directory, port, ...commands }, (reason) => {
        say(`test server: ${reason}`);
      });
      const url = `mysql://root@127.0.0.1:${String(port)}/`;
      try {
        const version = await waitForServer(url, 10_000);
        const seconds = ((Date.now() - began) / 1_000).toFixed(1);
        const name = `${binary.path}, ${version} at ${url}, up in ${seconds} s`;
        return { url, name, kill: () => server.kill(), start: () => server.start(), stop: () => server.stop() };
      } catch (error) {
        await server.stop();
        throw error;
      }
    } catch (error) {
      failure = error;
      if (!/already in use|already have another/i.test(String(error))) break;
    }
  }
  throw new Error(`${binary.path} was found but does not start: ${String(failure)}`, { cause: failure });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
