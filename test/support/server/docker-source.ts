import { waitForServer } from "./server-version.js";
import type { Say, ServerSource, TestServer } from "./test-server.js";

const IMAGE = "mysql:8.4";
const PORT = 3306;

/** What this source needs of Docker; the tests put a fake in its place. */
export interface ContainerEngine {
  /** Resolves when an engine really answered; a client program without an engine is no engine. */
  answers(): Promise<boolean>;
  start(): Promise<TestServer>;
}

/**
 * A dead socket or a DOCKER_HOST that swallows packets must not hold up the tests: no answer in time counts as none.
 * An engine that answers but cannot run the image (no network to pull it) is said and passed over.
 */
export function dockerSource(engine: ContainerEngine, say: Say, answerWithinMilliseconds = 4_000): ServerSource {
  return {
    name: `Docker (${IMAGE})`,
    async find() {
      if (!(await within(answerWithinMilliseconds, engine.answers()))) return undefined;
      try {
        say(`test server: starting ${IMAGE} with Docker (the first time, the image is fetched)`);
        return await engine.start();
      } catch (error) {
        say(`test server: Docker answers but could not run ${IMAGE}: ${String(error)}`);
        return undefined;
      }
    },
  };
}

async function within(milliseconds: number, answer: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), milliseconds)));
  try {
    return await Promise.race([answer.catch(() => false), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Imported late: testcontainers is heavy, and needed only when nobody named a server.
 *
 * @param data in memory it is fast, and lost with the container; who measures commits needs them on a disk
 */
export const testcontainersEngine = (data: "in memory" | "on disk"): ContainerEngine => ({
  async answers() {
    const { getContainerRuntimeClient } = await import("testcontainers");
    await getContainerRuntimeClient();
    return true;
  },
  async start() {
    const { GenericContainer, Wait } = await import("testcontainers");
    const container = await new GenericContainer(IMAGE)
      .withEnvironment({ MYSQL_ALLOW_EMPTY_PASSWORD: "yes", MYSQL_ROOT_HOST: "%" })
      .withCommand([
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=2",
        "--innodb-buffer-pool-size=256M",
        "--max-connections=300",
        "--performance-schema=OFF",
        "--disable-log-bin",
      ])
      .withTmpFs(data === "in memory" ? { "/var/lib/mysql": "rw" } : {})
      .withExposedPorts(PORT)
      // While it sets up, the image runs a server without networking ("port: 0"), and mysqlx speaks of port 33060.
      .withWaitStrategy(Wait.forLogMessage(/mysqld: ready for connections.*port: 3306\b/))
      .withStartupTimeout(120_000)
      .start();
    const url = `mysql://root@${container.getHost()}:${String(container.getMappedPort(PORT))}/`;
    try {
      const version = await waitForServer(url, 30_000);
      return {
        url,
        name: `Docker, ${IMAGE} (${version}) at ${url}`,
        stop: async () => void (await container.stop({ timeout: 0 })),
      };
    } catch (error) {
      await container.stop({ timeout: 0 });
      throw error;
    }
  },
});
