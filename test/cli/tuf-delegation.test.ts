import { sign } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serve, type TestServer, TufClient } from "../conformance/tuf-client.js";
import { type TufCli, tufOfEachTest } from "./tuf-cli.js";

let place: string;
let tuf: TufCli;
tufOfEachTest((made) => {
  tuf = made;
  place = made.cwd;
});
beforeEach(async () => {
  for (const path of ["team/a.txt", "other.txt"]) {
    await mkdir(join(place, "files", path, ".."), { recursive: true });
    await writeFile(join(place, "files", path), path);
  }
  await tuf.json("init", "--bins", "2");
});

const HEX = /^[0-9a-f]{64}$/;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const addFiles = () => tuf.json("add", "files", "--base", "files");

describe("distinction tuf delegation", () => {
  let server: TestServer;
  let client: TufClient;
  beforeEach(async () => {
    server = await serve(join(place, "public/metadata"), (path) => Buffer.from(path));
    client = await TufClient.trusting(join(place, "public/metadata/1.root.json"), server.url);
  });
  afterEach(async () => {
    await server.close();
    await client.remove();
  });

  test("a role with a key of this machine: added, altered, rotated, removed; tuf-js accepts all of it", async () => {
    expect(await tuf.json("delegation", "list")).toEqual({ delegations: [] });
    const added = await tuf.json("delegation", "add", "team", "--path", "team/*", "--terminating");
    expect(added).toEqual({
      role: "team",
      above: null,
      paths: ["team/*"],
      terminating: true,
      bins: 0,
      keyIds: [expect.stringMatching(HEX)],
      threshold: 1,
      hidden: [],
    });
    await addFiles();
    expect(await tuf.json("publish")).toMatchObject({ awaiting: [] });
    expect(await client.download("team/a.txt", "other.txt")).toEqual(["team/a.txt", "other.txt"]);
    expect(await tuf.json("delegation", "list")).toEqual({
      delegations: [
        {
          role: "team",
          above: null,
          paths: ["team/*"],
          terminating: true,
          bins: 0,
          metadataVersion: 1,
          expires: TIME,
          isDue: false,
          keys: 1,
          threshold: 1,
          isUnsigned: false,
          signing: null,
        },
      ],
    });
    expect((await tuf.run("status")).stdout).toMatch(/team\s+1\s+.*1 of 1/);
    expect(await tuf.json("verify")).toMatchObject({ customRoles: 1, targets: 2, hidden: 0 });

    const altered = await tuf.json("delegation", "alter", "team", "--path", "team/*", "lib/*", "--no-terminating");
    expect(altered).toMatchObject({ delegation: { paths: ["team/*", "lib/*"], terminating: false } });
    expect(await tuf.json("key", "rotate", "team")).toMatchObject({ role: "team", signing: null });
    await tuf.json("publish");
    expect(await client.download("team/a.txt", "other.txt")).toEqual(["team/a.txt", "other.txt"]);
    expect((await tuf.run("key", "list")).stdout).toMatch(/^team {2}.*here$/m);

    expect((await tuf.run("delegation", "remove", "team")).stderr).toMatch(/holds targets \(ROLE_NOT_EMPTY\)\n$/);
    expect(await tuf.json("delegation", "remove", "team", "--with-targets")).toEqual({ role: "team" });
    await tuf.json("publish");
    expect(await client.download("team/a.txt", "other.txt")).toEqual([undefined, "other.txt"]);
  });

  test("a terminating role that hides what bins hold says so, and so do status and verify", async () => {
    await addFiles();
    const added = await tuf.run("delegation", "add", "team", "--path", "team/*", "--terminating");
    const said = "terminating role team hides 1 targets from clients: team/a.txt; add them again";
    expect(added.stdout).toContain(said);
    await tuf.json("publish");
    expect((await tuf.run("status")).stdout).toContain(said);
    expect(await tuf.json("status")).toMatchObject({
      hidden: [{ role: "team", reason: "terminating", targets: 1, examples: ["team/a.txt"] }],
    });
    expect(await tuf.json("verify")).toMatchObject({ targets: 1, hidden: 1 });
    await addFiles();
    await tuf.json("publish");
    expect(await tuf.json("status")).toMatchObject({ hidden: [] });
    expect(await tuf.json("verify")).toMatchObject({ targets: 2, hidden: 0 });
  });

  test("a role with bins below it", async () => {
    const added = await tuf.run("delegation", "add", "team", "--path", "team/*", "--bins", "4");
    expect(added.stdout).toMatch(/^role team speaks for team\/\* with 1 of 1 keys, 4 bins below it; publish it\n$/);
    await addFiles();
    await tuf.json("publish");
    expect(await client.download("team/a.txt", "other.txt")).toEqual(["team/a.txt", "other.txt"]);
    expect(await tuf.json("verify")).toMatchObject({ bins: 6, customRoles: 1, targets: 2, hidden: 0 });
    expect((await tuf.run("delegation", "list")).stdout).toMatch(/team +targets +1 +1 of 1 +yes +4 +team/);
    expect((await tuf.run("delegation", "add", "other", "--path", "b", "--bins", "5")).stderr).toMatch(
      /INVALID_BIN_COUNT/,
    );
  });

  test("a role below another, whose key signs it too", async () => {
    await tuf.json("delegation", "add", "team", "--path", "team/*");
    const added = await tuf.json("delegation", "add", "inner", "--below", "team", "--path", "team/a*");
    expect(added).toMatchObject({ role: "inner", above: "team" });
    await addFiles();
    await tuf.json("publish");
    expect(await client.download("team/a.txt", "other.txt")).toEqual(["team/a.txt", "other.txt"]);
    const listed = (await tuf.run("delegation", "list")).stdout;
    expect(listed).toMatch(/^team +targets +1 .*\ninner +team +1 /m);
    expect(await tuf.json("verify")).toMatchObject({ customRoles: 2, targets: 2, hidden: 0 });
    expect((await tuf.run("delegation", "add", "x", "--below", "nobody", "--path", "x")).stderr).toMatch(
      /UNKNOWN_ROLE/,
    );
  });

  test("a role that two of three people sign, one of them on a machine without the database", async () => {
    for (const person of ["ada", "ben", "cem"]) {
      await tuf.json("key", "new", "--keys", person, "--public", `${person}.json`);
    }
    const keys = ["--key", "ada.json", "ben.json", "cem.json", "--threshold", "2"];
    const expires = ["--lifetime", "30d", "--renew-before", "5d"];
    await tuf.json("delegation", "add", "team", "--path", "team/*", ...keys, ...expires);
    await addFiles();
    const published = await tuf.run("publish");
    expect(published.stdout).toMatch(/role team awaits signatures: distinction tuf sign --role team\n$/);
    expect(await client.download("team/a.txt", "other.txt")).toEqual([undefined, "other.txt"]);
    expect(await tuf.json("sign", "--role", "team", "--keys", "ada")).toMatchObject({
      signedWith: [expect.stringMatching(HEX)],
      signing: { role: "team", metadataVersion: 1, threshold: 2, missing: 1 },
    });
    expect((await tuf.run("sign", "--role", "team", "--keys", "ada")).stderr).toMatch(/\(KEY_NOT_FOUND\)\n$/);

    await tuf.json("sign", "--role", "team", "--payload", "payload");
    const { keyId } = JSON.parse(await readFile(join(place, "ben.json"), "utf8")) as { keyId?: string };
    const listed = (await tuf.json("key", "list", "--keys", "ben"))["keys"] as { keyId: string; atHand: boolean }[];
    const keyid = keyId ?? listed.find(({ atHand }) => atHand)!.keyId;
    const pem = await readFile(join(place, "ben", `${keyid}.pem`), "utf8");
    const sig = sign(null, await readFile(join(place, "payload")), pem).toString("hex");
    await writeFile(join(place, "signature"), JSON.stringify({ keyid, sig }));
    expect((await tuf.run("sign", "--role", "team", "--add", "signature")).stdout).toMatch(/complete; publish it\n$/);
    await tuf.json("publish");
    expect(await client.download("team/a.txt")).toEqual(["team/a.txt"]);
  });

  test("wrong roles and wrong arguments are refused, with a code and in one line", async () => {
    const refusals: [string, number, string[]][] = [
      ["INVALID_NAME", 2, ["add", "targets", "--path", "a"]],
      ["INVALID_DELEGATION", 2, ["add", "team", "--path", "a/**"]],
      ["INVALID_DELEGATION", 2, ["add", "team", "--path", "a", "--lifetime", "1d", "--renew-before", "2d"]],
      ["UNKNOWN_ROLE", 1, ["remove", "team"]],
    ];
    for (const [code, exit, parameters] of refusals) {
      const ended = await tuf.run("delegation", ...parameters, "--json");
      expect([ended.code, JSON.parse(ended.stdout)], code).toMatchObject([exit, { error: { code } }]);
      expect(ended.stderr).toMatch(new RegExp(`^distinction tuf delegation \\w+: [^\\n]+ \\(${code}\\)\\n$`));
    }
    const { stderr } = await tuf.run("key", "rotate", "nobody");
    expect(stderr).toBe('distinction tuf key rotate: there is no role "nobody" with keys of its own (UNKNOWN_ROLE)\n');
    const mistakes = [
      ["delegation", "add", "team"],
      ["delegation", "add", "team", "--path", "a", "--threshold", "2"],
      ["delegation", "add", "team", "--path", "a", "--lifetime", "1d"],
      ["delegation", "alter", "team"],
      ["delegation", "alter", "team", "--last", "--before", "x"],
      ["sign", "--role", "team", "--propose"],
    ];
    for (const parameters of mistakes) expect((await tuf.run(...parameters)).code, parameters.join(" ")).toBe(2);
  });
});
