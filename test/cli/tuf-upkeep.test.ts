import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { S3Server } from "../support/s3-server.js";
import { TufCli, tufOfEachTest } from "./tuf-cli.js";

let place: string;
let tuf: TufCli;
tufOfEachTest((made) => {
  tuf = made;
  place = made.cwd;
});

const HOUR = 3_600_000;
const HASH = "ab".repeat(32);
const add = async (...paths: string[]): Promise<void> => {
  await writeFile(join(place, "list"), paths.map((path) => `${HASH} 1 ${path}\n`).join(""));
  await tuf.json("add", "--from-list", "list");
};

test("a root is signed on a machine that has the key and nothing else", async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), "distinction-offline-"));
  const offline = new TufCli(elsewhere);
  const { keyId } = await offline.json("key", "new", "--public", join(place, "ada.json"));
  await tuf.json("init", "--bins", "4", "--root-key", "ada.json");
  await tuf.json("sign", "--payload", join(elsewhere, "payload"));

  const key = ["--key", keyId as string];
  const byFile = ["--key", join(place, "ada.json")];
  const signed = await offline.json("key", "sign", "payload", ...byFile, "--out", join(place, "signature"));
  expect(signed).toMatchObject({ type: "root", version: 1, signature: { keyid: keyId } });
  expect(JSON.parse(await readFile(join(place, "signature"), "utf8"))).toEqual(signed["signature"]);
  expect((await readdir(elsewhere)).sort()).toEqual(["keys", "payload"]);

  expect(await tuf.json("sign", "--add", "signature")).toMatchObject({ signing: { state: "finalised" } });
  await tuf.json("publish");
  expect(await tuf.json("verify")).toMatchObject({ rootVersion: 1, bins: 4 });

  await writeFile(join(elsewhere, "letter"), "Dear Ada, please sign this.");
  const refusals: [parameters: string[], message: RegExp, code: number][] = [
    [["letter", ...key], /INVALID_METADATA/, 1],
    [["payload", "--key", "ab".repeat(32)], /KEY_NOT_FOUND/, 1],
    [["payload"], /--key/, 2],
  ];
  for (const [parameters, message, code] of refusals) {
    const refused = await offline.run("key", "sign", ...parameters, "--out", "signature");
    expect(refused).toMatchObject({ code, stderr: expect.stringMatching(message) as string });
  }
  expect(await readdir(elsewhere)).not.toContain("signature");
  await rm(elsewhere, { recursive: true });
});

test("metadata of a repository that exists is given another lifetime", async () => {
  await tuf.json("init", "--bins", "4", "--expires", "snapshot=3d,1d");
  const usual = await tuf.run("expires");
  expect(usual).toMatchObject({ code: 0, stdout: expect.stringMatching(/timestamp +1d +8h\n*$/) as string });
  const changed = await tuf.json("expires", "timestamp=12h", "bins=30d,20d");
  expect(changed["expiry"]).toMatchObject({
    timestamp: { lifetime: 12 * HOUR, renewBefore: 4 * HOUR },
    bins: { lifetime: 720 * HOUR, renewBefore: 480 * HOUR },
    snapshot: { lifetime: 72 * HOUR, renewBefore: 24 * HOUR },
  });
  expect(await tuf.json("expires")).toEqual(changed);
  for (const odd of ["timestamp", "timestmp=12h", "timestamp=12h,13h", "timestamp=forever"]) {
    expect(await tuf.run("expires", odd), odd).toMatchObject({ code: 2 });
  }
  expect(await tuf.json("expires")).toEqual(changed);
});

test("old files are deleted, and what clients may still ask for stays", async () => {
  await tuf.json("init", "--bins", "4");
  for (const path of ["one", "two", "three"]) {
    await add(path);
    await tuf.json("publish");
  }
  const published = () => readdir(join(place, "public/metadata"));
  const before = await published();
  expect(await tuf.json("prune")).toEqual({ deleted: 0 });
  expect(await published()).toEqual(before);
  const { deleted } = await tuf.json("prune", "--keep", "0s");
  expect(deleted).toBeGreaterThan(3);
  const left = (await published()).filter((name) => !name.startsWith("."));
  expect(left).toContain("1.root.json");
  expect(left).toHaveLength(1 + 1 + 1 + 1 + 4);
  expect(await tuf.json("verify")).toMatchObject({ targets: 3 });
  expect((await tuf.run("prune", "--keep", "long")).code).toBe(2);
});

test("files that storage lost or damaged are put back from the database", async () => {
  await tuf.json("init", "--bins", "4");
  await add("one", "two", "three");
  await tuf.json("publish");
  const metadata = join(place, "public/metadata");
  await rm(join(metadata, "1.targets.json"));
  await writeFile(join(metadata, "2.snapshot.json"), "damaged");
  expect((await tuf.run("verify")).code).toBe(1);
  const compared = await tuf.run("verify", "--against-database");
  expect(compared).toMatchObject({
    code: 1,
    stdout: "not as in the database: 1.targets.json, 2.snapshot.json\n",
  });
  const repaired = await tuf.json("verify", "--repair");
  expect(repaired).toMatchObject({ targets: 3, restored: ["1.targets.json", "2.snapshot.json"] });
  expect((await tuf.run("verify", "--repair")).stdout).toContain("put back from the database: nothing");
  expect(await tuf.json("verify", "--against-database")).toMatchObject({ targets: 3, damaged: [] });
});

describe("metadata in S3", () => {
  let server: S3Server;
  beforeEach(async () => {
    server = await S3Server.start();
    tuf = new TufCli(place, {
      AWS_ENDPOINT_URL_S3: server.url,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "AKIATESTTESTTEST",
      AWS_SECRET_ACCESS_KEY: "very-secret-access-key",
      DISTINCTION_TUF_STORAGE: `s3://${server.bucket}/tuf/metadata`,
    });
  });
  afterEach(() => server.close());

  test("is published under the prefix, verified and pruned", async () => {
    await tuf.json("init", "--bins", "4");
    await add("one");
    await tuf.json("publish");
    expect(await tuf.json("verify")).toMatchObject({ targets: 1, timestampVersion: 2 });
    expect([...server.objects.keys()].every((key) => key.startsWith("tuf/metadata/"))).toBe(true);
    expect(server.objects.has("tuf/metadata/timestamp.json")).toBe(true);
    await tuf.json("prune", "--keep", "0s");
    expect(server.objects.has("tuf/metadata/1.snapshot.json")).toBe(false);
    expect(await tuf.json("verify")).toMatchObject({ targets: 1 });
    expect(await readdir(place)).not.toContain("public");
  });

  test.each([
    ["s3://", 2, "INVALID_NAME"],
    ["s3://Not_A_Bucket/x", 2, "INVALID_NAME"],
    ["s3://another-bucket", 1, "STORAGE_UNAVAILABLE"],
  ])("at %s is refused", async (storage, code, error) => {
    const refused = await tuf.run("init", "--bins", "4", "--storage", storage, "--json");
    expect(refused.code).toBe(code);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: error } });
    expect(refused.stdout + refused.stderr).not.toContain("very-secret");
  });
});
