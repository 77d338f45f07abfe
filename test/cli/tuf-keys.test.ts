import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { start, TufCli, tufOfEachTest } from "./tuf-cli.js";

let place: string;
let tuf: TufCli;
tufOfEachTest((made) => {
  tuf = made;
  place = made.cwd;
});

const at = (path: string) => join(place, path);

describe("private keys", () => {
  test("are encrypted with a passphrase from the environment or a file", async () => {
    await writeFile(at("right"), "horse staple\n");
    await writeFile(at("wrong"), "battery\n");
    const secret = new TufCli(place, { DISTINCTION_TUF_PASSPHRASE: "horse staple" });
    await secret.json("init", "--bins", "2");
    for (const name of await readdir(at("keys"))) {
      expect(await readFile(at(`keys/${name}`), "utf8")).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
      expect((await stat(at(`keys/${name}`))).mode & 0o777).toBe(0o600);
    }
    await writeFile(at("a"), "a");
    await tuf.json("add", "a");
    const none = await tuf.run("publish");
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/is encrypted.*INVALID_KEY/) });
    const wrong = await tuf.run("publish", "--passphrase-file", "wrong");
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/passphrase.*INVALID_KEY/) });
    expect(wrong.stderr).not.toContain("battery");
    expect(await tuf.json("publish", "--passphrase-file", "right")).toMatchObject({ committed: "snapshot" });
  });

  test("may be in the environment instead", async () => {
    await tuf.json("init", "--bins", "2");
    const names = await readdir(at("keys"));
    const keys = await Promise.all(names.map((name) => readFile(at(`keys/${name}`), "utf8")));
    await rm(at("keys"), { recursive: true });
    await writeFile(at("a"), "a");
    await tuf.json("add", "a");
    expect((await tuf.run("publish")).stderr).toMatch(/KEY_NOT_FOUND/);
    const variables = Object.fromEntries(keys.map((pem, index) => [`DISTINCTION_TUF_KEY_${index}`, pem]));
    expect(await new TufCli(place, variables).json("publish")).toMatchObject({ committed: "snapshot" });
  });
});

describe("an init that was killed", () => {
  const keyFiles = async () => (await readdir(at("keys")).catch(() => [])).filter((name) => name.endsWith(".pem"));

  test("leaves keys that the next one tells of, and does not touch", async () => {
    const { process, ended } = start(place, ["init", "--bins", "16384"]);
    while ((await keyFiles()).length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    process.kill("SIGKILL");
    await ended;
    const left = (await keyFiles()).sort();
    const contents = await Promise.all(left.map((name) => readFile(at(`keys/${name}`), "utf8")));
    expect((await tuf.run("status")).stderr).toMatch(/REPOSITORY_NOT_FOUND/);

    const again = await tuf.run("init", "--bins", "2");
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toMatch(
      /^repository default with 2 bins is published: 6 files in public\/metadata\nprivate keys in keys /,
    );
    expect(again.stdout.match(/^ {2}keys\/[0-9a-f]{64}\.pem$/gm)?.map((line) => line.slice("  keys/".length))).toEqual(
      left,
    );
    expect(await Promise.all(left.map((name) => readFile(at(`keys/${name}`), "utf8")))).toEqual(contents);
    for (const name of left) await rm(at(`keys/${name}`));
    expect(await tuf.json("publish")).toMatchObject({ committed: "nothing", keyFailures: [] });
    expect(await tuf.json("key", "list")).toMatchObject({ keys: Array.from({ length: 5 }, () => ({ atHand: true })) });
  });

  test("is told apart from keys that the repository uses", async () => {
    const { keyId } = await tuf.json("key", "new", "--public", "root.json");
    const other = await tuf.json("key", "new");
    expect(keyId).not.toBe(other["keyId"]);
    const { otherKeys } = await tuf.json("init", "--bins", "2", "--root-key", "root.json");
    expect(otherKeys).toEqual([other["keyId"]]);
  });
});
