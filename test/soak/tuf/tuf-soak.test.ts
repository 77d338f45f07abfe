import { createConnection } from "mysql2/promise";
import { describe, expect, test } from "vitest";
import { startLocalServer } from "../../support/server/local-source.js";
import { driverUrl } from "../../support/server/server-version.js";
import { Promises } from "./promises.js";
import { soakTuf } from "./tuf-soak.js";

const KINDS = ["add", "remove", "publish", "publish some", "bump", "rotate", "prune", "delegate", "end delegation"];

test("workers that are frozen and killed at random lose nothing, nor does a restart of the database; a client notices nothing", async () => {
  const { url, restart, stop } = await ownServer();
  try {
    const report = await soakTuf({ url, seed: 1, workers: 4, rounds: 2, seconds: 8, restart }, () => undefined);
    expect(report.faults).toEqual([]);
    expect(Object.keys(report.turns).sort()).toEqual(KINDS.toSorted());
    expect(Object.keys(report.held).length).toBeGreaterThanOrEqual(3);
    expect(report.killed).toBeGreaterThan(0);
    expect(report.frozen).toBeGreaterThan(0);
    expect(report.restarts).toBe(2);
    expect(report.snapshots).toBeGreaterThan(5);
    expect(report.polls).toBeGreaterThan(10);
  } finally {
    await stop();
  }
}, 180_000);

/** A server that may be killed; the soak is of this machine, and so is its server. */
async function ownServer(): Promise<{ url: string; restart: () => Promise<void>; stop: () => Promise<void> }> {
  const server = await startLocalServer(process.env, () => undefined);
  if (server === undefined) throw new Error("mysqld or mariadbd is needed on the PATH: the soak restarts it");
  const connection = await createConnection({ uri: driverUrl(server.url) });
  await connection.query("CREATE DATABASE soak CHARACTER SET utf8mb4");
  await connection.end();
  const restart = async (): Promise<void> => {
    await server.kill();
    await server.start();
  };
  return { url: `${server.url}soak`, restart, stop: () => server.stop() };
}

describe("what may be published", () => {
  const accepted = (promises: Promises, worker: string, content: string | undefined): void => {
    promises.begun(worker, [["path", content]]);
    promises.accepted(worker);
  };
  const broken = (promises: Promises, found?: string): number =>
    promises.broken(new Map(found === undefined ? [] : [["path", found]])).length;

  test("is what a worker's last accepted edit says", () => {
    const promises = new Promises();
    accepted(promises, "one", "a");
    accepted(promises, "one", "b");
    expect([broken(promises, "a"), broken(promises, "b"), broken(promises)]).toEqual([1, 0, 1]);
    accepted(promises, "one", undefined);
    expect([broken(promises, "b"), broken(promises)]).toEqual([1, 0]);
  });

  test("may be an edit in whose middle a worker died, until its next one", () => {
    const promises = new Promises();
    accepted(promises, "one", "a");
    promises.begun("one", [["path", "b"]]);
    promises.doubted("one");
    expect([broken(promises, "a"), broken(promises, "b"), broken(promises)]).toEqual([0, 0, 1]);
    accepted(promises, "one", "c");
    expect([broken(promises, "b"), broken(promises, "c")]).toEqual([1, 0]);
  });

  test("is the last edit of some worker, and nothing that nobody added", () => {
    const promises = new Promises();
    accepted(promises, "one", "a");
    accepted(promises, "other", "b");
    expect([broken(promises, "a"), broken(promises, "b"), broken(promises, "c")]).toEqual([0, 0, 1]);
    expect(new Promises().broken(new Map([["path", "a"]]))).toEqual(["path was added by nobody"]);
  });
});
