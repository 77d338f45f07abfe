import { describe, expect, it } from "vitest";
import { findTestServer, NO_SERVER } from "./find-test-server.js";
import { serverSources } from "./sources.js";
import type { ServerSource, TestServer } from "./test-server.js";

const SERVER: TestServer = { url: "mysql://root@127.0.0.1:1/", name: "a server", stop: () => Promise.resolve() };

function source(name: string, asked: string[], result: TestServer | Error | undefined): ServerSource {
  return {
    name,
    find() {
      asked.push(name);
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
    },
  };
}

describe("findTestServer", () => {
  it("asks in order and stops at the first server", async () => {
    const asked: string[] = [];
    const said: string[] = [];
    const sources = [source("a", asked, undefined), source("b", asked, SERVER), source("c", asked, SERVER)];
    expect(await findTestServer(sources, (line) => said.push(line))).toBe(SERVER);
    expect(asked).toEqual(["a", "b"]);
    expect(said).toEqual(["test server: none by a", "test server: a server"]);
  });

  it("does not ask the next when one fails", async () => {
    const asked: string[] = [];
    const sources = [source("a", asked, new Error("refused")), source("b", asked, SERVER)];
    await expect(findTestServer(sources, () => undefined)).rejects.toThrow("refused");
    expect(asked).toEqual(["a"]);
  });

  it("says what to install or set when there is none", async () => {
    await expect(findTestServer([source("a", [], undefined)], () => undefined)).rejects.toThrow(NO_SERVER);
    expect(NO_SERVER).toMatch(/DISTINCTION_TEST_DATABASE_URL.*Docker.*apt-get install mariadb-server/s);
  });
});

describe("serverSources", () => {
  it("prefers what a person named, then what is thrown away, then this machine, then installing", () => {
    expect(serverSources({}, () => undefined).map((one) => one.name)).toEqual([
      "DISTINCTION_TEST_DATABASE_URL",
      "Docker (mysql:8.4)",
      "a local mysqld or mariadbd",
      "apt-get install (root on Debian or Ubuntu only)",
    ]);
  });
});
