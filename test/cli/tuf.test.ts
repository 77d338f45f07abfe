import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serve, type TestServer, TufClient } from "../conformance/tuf-client.js";
import { start, TufCli, tufOfEachTest } from "./tuf-cli.js";

let place: string;
let tuf: TufCli;
tufOfEachTest((made) => {
  tuf = made;
  place = made.cwd;
});

async function files(contents: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(join(place, path, ".."), { recursive: true });
    await writeFile(join(place, path), content);
  }
}

const at = (path: string) => join(place, path);
const HEX = /^[0-9a-f]{64}$/;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;

describe("distinction tuf, from nothing to a verified download", () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await serve(at("public/metadata"), () => undefined);
  });
  afterEach(() => server.close());

  test(
    "root is signed by two of three people; keys are rotated; tuf-js accepts all of it",
    { timeout: 120_000 },
    async () => {
      const people = ["ada", "ben", "cem"];
      const keyIds: string[] = [];
      for (const person of people) {
        const { keyId } = await tuf.json("key", "new", "--keys", person, "--public", `${person}.json`);
        expect(keyId).toMatch(HEX);
        keyIds.push(keyId as string);
      }
      const root = ["--root-key", ...people.map((person) => `${person}.json`), "--root-threshold", "2"];
      expect(await tuf.json("init", "--bins", "4", ...root)).toEqual({
        name: "default",
        bins: 4,
        signing: {
          event: 1,
          state: "open",
          rootVersion: 1,
          expires: TIME,
          authorities: [{ rootVersion: 1, threshold: 2, keyIds: expect.any(Array), signed: [], missing: 2 }],
        },
        otherKeys: [],
      });

      await files({ "dist/app.txt": "application", "dist/lib/core.txt": "core" });
      await tuf.json("add", "dist");
      const unsigned = await tuf.run("publish");
      expect(unsigned).toMatchObject({ code: 1, stdout: "" });
      expect(unsigned.stderr).toMatch(/^distinction tuf publish: [^\n]+ \(ROOT_UNSIGNED\)\n$/);

      // Somebody without a key of root's can sign nothing.
      expect((await tuf.run("sign")).stderr).toMatch(/KEY_NOT_FOUND/);
      const once = await tuf.json("sign", "--keys", "ada");
      expect(once).toMatchObject({
        signedWith: [keyIds[0]],
        signing: { state: "open", authorities: [{ missing: 1 }] },
      });
      expect((await tuf.run("status")).stdout).toMatch(/root 1 \(signing event 1\) is awaiting signatures/);
      const twice = await tuf.json("sign", "--keys", "cem");
      expect(twice).toMatchObject({ signedWith: [keyIds[2]], signing: { state: "finalised" } });
      expect(await tuf.json("publish")).toMatchObject({ snapshotVersion: 2, timestampVersion: 2 });

      await server.close();
      server = await serve(
        at("public/metadata"),
        (path) => ({ "dist/app.txt": Buffer.from("application"), "dist/lib/core.txt": Buffer.from("core") })[path],
      );
      const client = await TufClient.trusting(at("public/metadata/1.root.json"), server.url);
      const both = ["dist/app.txt", "dist/lib/core.txt"];
      expect(await client.download(...both)).toEqual(["application", "core"]);

      for (const role of ["timestamp", "snapshot", "targets"]) {
        expect(await tuf.json("key", "rotate", role)).toMatchObject({ role, signing: { state: "open" } });
        await tuf.json("sign", "--keys", "ada");
        await tuf.json("sign", "--keys", "ben");
        await tuf.json("publish");
        expect(await client.download(...both), role).toEqual(["application", "core"]);
      }
      expect(await tuf.json("key", "rotate", "bins")).toMatchObject({ role: "bins", signing: null });
      await tuf.json("publish");
      const gone = await tuf.json("key", "revoke", keyIds[1]!);
      expect(gone).toMatchObject({ roles: ["root"], signing: { rootVersion: 5 } });
      await tuf.json("sign", "--keys", "ada");
      await tuf.json("sign", "--keys", "cem");
      await tuf.json("remove", "dist/app.txt");
      await tuf.json("publish");
      expect(await client.download(...both)).toEqual([undefined, "core"]);

      expect(await tuf.json("verify")).toEqual({
        rootVersion: 5,
        snapshotVersion: expect.any(Number),
        timestampVersion: expect.any(Number),
        bins: 4,
        customRoles: 0,
        targets: 1,
        hidden: 0,
      });
      await client.remove();
    },
  );

  test(
    "a plain file server is enough where targets are stored as clients ask for them",
    { timeout: 60_000 },
    async () => {
      await files({ "dist/app.txt": "application" });
      await tuf.json("init", "--bins", "2");
      await tuf.json("add", "dist", "--targets", "public/targets");
      await tuf.json("publish");
      const stored = await readdir(at("public/targets/dist"));
      expect(stored).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.app\.txt$/)]);
      expect(await tuf.json("verify", "--targets", "public/targets")).toMatchObject({ targets: 1, wrongTargets: [] });

      await writeFile(at(`public/targets/dist/${stored[0]}`), "tampered with");
      const { code, stdout } = await tuf.run("verify", "--targets", "public/targets");
      expect(stdout).toMatch(/not as published: dist\/app.txt/);
      expect(code).toBe(1);
    },
  );
});

describe("answers for programs", () => {
  test("are one JSON document each", async () => {
    await files({ "a.txt": "a", "b.txt": "b" });
    expect(await tuf.json("init", "--bins", "2", "--name", "main")).toEqual({
      name: "main",
      bins: 2,
      published: { root: 1, snapshot: 1, timestamp: 1 },
      filesWritten: 6,
      otherKeys: [],
    });
    tuf = new TufCli(place, { DISTINCTION_TUF_NAME: "main" });
    expect(await tuf.json("add", "a.txt", "b.txt", "--custom", '{"channel":"beta"}')).toEqual({
      accepted: 2,
      refused: 0,
      bins: expect.any(Array),
      files: 2,
    });
    const role = { isDue: false, keys: 1, threshold: 1, expires: TIME };
    const status = await tuf.json("status", "--changes");
    expect(status).toEqual({
      name: "main",
      roles: ["root", "targets", "snapshot", "timestamp"].map((name) => ({ role: name, metadataVersion: 1, ...role })),
      bins: { bins: 2, unsigned: expect.any(Number), keys: 1, threshold: 1, expires: TIME },
      delegations: [],
      hidden: [],
      unmerged: 0,
      published: { root: 1, snapshot: 1, timestamp: 1 },
      isPublished: false,
      lastPublished: TIME,
      signing: null,
      changes: expect.any(Array),
    });
    const target = { length: 1, sha256: expect.stringMatching(HEX), custom: { channel: "beta" } };
    expect(status["changes"]).toHaveLength(2);
    expect(status["changes"]).toContainEqual({ path: "a.txt", bin: expect.any(String), change: "added", target });

    expect(await tuf.json("publish", "a.txt")).toEqual({
      rolesSigned: [{ role: expect.any(String), metadataVersion: 2 }],
      awaiting: [],
      keyFailures: [],
      committed: "snapshot",
      snapshotVersion: 2,
      timestampVersion: 2,
      filesWritten: expect.any(Array),
      unchanged: [],
    });
    expect(await tuf.json("status", "--changes")).toMatchObject({ changes: [{ path: "b.txt" }] });
    expect(await tuf.json("remove", "nosuch")).toEqual({ removed: 0, absent: 1, bins: [] });
    expect(await tuf.run("remove", "nosuch", "none", "none")).toMatchObject({
      code: 0,
      stdout: "nothing to do\npaths that are no targets: 2\n",
    });
    expect(await tuf.json("remove", "a.txt", "b.txt", "nosuch")).toEqual({
      removed: 2,
      absent: 1,
      bins: expect.any(Array),
    });
    expect(await tuf.json("remove", "a.txt")).toEqual({ removed: 0, absent: 1, bins: [] });
    expect(await tuf.json("publish")).toMatchObject({ committed: "snapshot", snapshotVersion: 3 });
    expect(await tuf.json("status")).toMatchObject({ isPublished: true });
    expect(await tuf.json("publish")).toMatchObject({ committed: "nothing", rolesSigned: [], filesWritten: [] });
    expect(await tuf.json("bump")).toMatchObject({ committed: "nothing", rolesSigned: [] });
    expect(await tuf.json("key", "list")).toEqual({
      keys: ["root", "targets", "snapshot", "timestamp", "bins"].map((name) => ({
        role: name,
        threshold: 1,
        keyId: expect.stringMatching(HEX),
        scheme: "ed25519",
        atHand: true,
      })),
    });
  });

  test("tell of failure, too", async () => {
    const { code, stdout, stderr } = await tuf.run("status", "--json");
    const error = JSON.parse(stdout) as object;
    expect(error).toEqual({ error: { code: "REPOSITORY_NOT_FOUND", message: expect.stringMatching(/tuf\.db/) } });
    expect(stderr).toMatch(/^distinction tuf status: [^\n]+\n$/);
    expect(code).toBe(1);
    // A command in the wrong directory leaves nothing there.
    expect(await readdir(place)).toEqual([]);
  });
});

describe("targets from lists", () => {
  const hash = "ab".repeat(32);
  beforeEach(async () => {
    await tuf.json("init", "--bins", "2");
  });
  const changes = async () =>
    ((await tuf.json("status", "--changes"))["changes"] as { path: string }[]).map(({ path }) => path).sort();

  test("JSON Lines and plain text", async () => {
    await files({
      list: [
        JSON.stringify({ path: "one", length: 1, sha256: hash, custom: { a: 1 } }),
        "",
        `${hash} 2 with a space`,
        JSON.stringify({ path: "three", length: 3, hashes: { sha256: hash } }),
      ].join("\n"),
    });
    expect(await tuf.json("add", "--from-list", "list")).toMatchObject({ accepted: 3, files: 0 });
    expect(await changes()).toEqual(["one", "three", "with a space"]);
  });

  test("all or nothing, unless an answer per target is asked for", async () => {
    await files({ list: `${hash} 1 good\n${hash} 1 ../escape\nnonsense\n`, "file.txt": "x" });
    const { code, stderr } = await tuf.run("add", "file.txt", "missing.txt", "--from-list", "list");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^[^\n]*nothing was accepted: missing.txt: cannot be read \(ENOENT\); line 3: .*\.\.\/escape: [^\n]*\n$/,
    );
    expect(await changes()).toEqual([]);

    const partial = await tuf.run("add", "file.txt", "missing.txt", "--from-list", "list", "--partial", "--json");
    expect(partial.code).toBe(1);
    expect(JSON.parse(partial.stdout)).toMatchObject({
      accepted: 2,
      refused: 3,
      items: [
        { path: "file.txt", accepted: true },
        { path: "good", accepted: true },
        { path: "missing.txt", accepted: false, reason: "cannot be read (ENOENT)" },
        { path: "line 3", accepted: false },
        { path: "../escape", accepted: false },
      ],
    });
    expect(await changes()).toEqual(["file.txt", "good"]);
  });

  test("Ctrl-C while a list is read accepts nothing of it", async () => {
    const add = start(place, ["add", "--from-list", "-"]);
    // More than pipes hold: it has been read when this is written.
    const lines = Array.from({ length: 5_000 }, (_, index) => `${hash} ${index} path/${index}\n`).join("");
    if (!add.process.stdin!.write(lines)) await once(add.process.stdin!, "drain");
    add.process.kill("SIGINT");
    const { code, stderr } = await add.ended;
    expect(stderr).toMatch(/^distinction tuf add: stopped; [^\n]+\n$/);
    expect(code).toBe(130);
    expect(await changes()).toEqual([]);
  });
});

describe("what people get wrong", () => {
  test.each([
    [["frobnicate"], /unknown command/],
    [["status", "--frobnicate"], /unknown option/],
    [["init", "--bins", "3"], /power of two.*INVALID_BIN_COUNT/],
    [["init", "--bins", "many"], /positive integer/],
    [["init", "--name", "no/slash"], /INVALID_NAME/],
    [["init", "--root-threshold", "2"], /--root-key/],
    [["init", "--expires", "timestamp"], /root, targets, bins, snapshot, timestamp, and a time/],
    [["init", "--expires", "roots=1d"], /root, targets, bins, snapshot, timestamp, and a time/],
    [["init", "--expires", "timestamp=soon"], /a number and a unit/],
    [["init", "--expires", "timestamp=1h,2h"], /timestamp: metadata lives longer/],
    [["status", "--database", "postgres://x"], /INVALID_DATABASE_URL/],
    [["add"], /name a file/],
    [["remove"], /name a path/],
    [["bump", "--within", "soon"], /a number and a unit/],
    [["key", "rotate", "bins", "--scheme", "dsa"], /Allowed choices/],
    [["key", "new", "--passphrase-fd", "three"], /file descriptor/],
  ])("%j is refused with exit code 2", async (parameters, message) => {
    const { code, stderr, stdout } = await tuf.run(...parameters);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
    expect(await readdir(at("."))).not.toContain("keys");
  });

  test("a second init, a key that is no key, storage that is a file", async () => {
    await files({ storage: "a file", "no.pem": "secret text" });
    const occupied = await tuf.run("init", "--bins", "2", "--storage", "storage");
    expect(occupied).toMatchObject({ code: 1, stderr: expect.stringMatching(/STORAGE_UNAVAILABLE\)\n$/) });
    await tuf.json("init", "--bins", "2");
    const again = await tuf.run("init", "--bins", "2");
    expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/REPOSITORY_EXISTS\)\n$/) });
    const relisted = await tuf.run("init", "--bins", "2", "--bins-by-prefix");
    expect(relisted).toMatchObject({
      code: 1,
      stderr:
        "distinction tuf init: repository default exists already: it has 2 bins, succinct, and for good (REPOSITORY_EXISTS)\n",
    });
    const help = (await tuf.run("init", "--help")).stdout.replaceAll(/\s+/g, " ");
    expect(help).toMatch(/--bins-by-prefix list them with hash prefixes, [^-]*; at most 16384, and for good/);
    const broken = await tuf.run("key", "import", "no.pem");
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringMatching(/INVALID_KEY\)\n$/) });
    expect(broken.stderr).not.toContain("secret");
  });
});

test("metadata is good for as long as is said for each role, and is renewed in proportion", async () => {
  const expires = ["timestamp=12h", "snapshot=20d,3d", "bins=30d", "targets=100d", "root=1000d"];
  await tuf.json("init", "--bins", "2", ...expires.flatMap((one) => ["--expires", one]));
  const days = async (name: string) => {
    const { signed } = JSON.parse(await readFile(at(`public/metadata/${name}`), "utf8")) as {
      signed: { expires: string };
    };
    return (Date.parse(signed.expires) - Date.now()) / 86_400_000;
  };
  expect(await days("timestamp.json")).toBeCloseTo(0.5, 2);
  expect(await days("1.snapshot.json")).toBeCloseTo(20, 2);
  expect(await days("1.targets.json")).toBeCloseTo(100, 2);
  expect(await days("1.root.json")).toBeCloseTo(1000, 2);
  for (const bin of ["1.bins-0.json", "1.bins-1.json"]) {
    expect(await days(bin)).toBeLessThanOrEqual(30);
    // A third of the time is left when they are renewed, and they are spread over half of the rest.
    expect(await days(bin)).toBeGreaterThan(20 - 0.01);
  }
});
