import { randomBytes } from "node:crypto";
import type { TestProject } from "vitest/node";
import { bundleChildren } from "./child-bundles.js";
import { dropDatabasesOfRun } from "./server/run-databases.js";
import { findTestServer } from "./server/find-test-server.js";
import { serverVersion } from "./server/server-version.js";
import { serverSources } from "./server/sources.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Without a database: `mysql://root@127.0.0.1:41234/`. */
    serverUrl: string;
    /** Which server it is and where it came from. */
    serverName: string;
    /** As `SELECT VERSION()` says it. */
    serverVersion: string;
    /** Part of the name of every database of this run. */
    runId: string;
    /** Where the scripts of child processes are, each in one file. */
    childBundles: string;
  }
}

function say(line: string): void {
  console.log(line);
}

/** One server and one set of child scripts for the whole run; every test file makes databases of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await findTestServer(serverSources(process.env, say), say);
  const bundles = await bundleChildren().catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  const runId = randomBytes(4).toString("hex");
  project.provide("serverUrl", server.url);
  project.provide("serverName", server.name);
  project.provide("serverVersion", await serverVersion(server.url));
  project.provide("runId", runId);
  project.provide("childBundles", bundles.directory);
  return async () => {
    try {
      await dropDatabasesOfRun(server.url, runId);
    } finally {
      await Promise.all([server.stop(), bundles.remove()]);
    }
  };
}
