import type { Say, ServerSource, TestServer } from "./test-server.js";

export const NO_SERVER = [
  "The tests need a server that speaks the MySQL protocol, and none was found. Do one of these:",
  "  - set DISTINCTION_TEST_DATABASE_URL, for example mysql://root:secret@127.0.0.1:3306/ (MySQL 8 or MariaDB 10.6, or newer);",
  "  - start Docker (image mysql:8.4 is used);",
  "  - install MySQL or MariaDB so that mysqld or mariadbd is on the PATH;",
  "    on Debian or Ubuntu: sudo apt-get install mariadb-server",
].join("\n");

/** The first source that has a server wins; those after it are not asked, so that never two servers run. */
export async function findTestServer(sources: readonly ServerSource[], say: Say): Promise<TestServer> {
  for (const source of sources) {
    const server = await source.find();
    if (server !== undefined) {
      say(`test server: ${server.name}`);
      return server;
    }
    say(`test server: none by ${source.name}`);
  }
  throw new Error(NO_SERVER);
}
