import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { startSigningService, type TestSigningService } from "../contract/signing-service.js";
import { TufCli } from "./tuf-cli.js";

// Each command is a process of its own.
vi.setConfig({ testTimeout: 120_000 });

const TOKEN = "token-that-nobody-reads";
const HASH = "ab".repeat(32);

let place: string;
let service: TestSigningService;
let tuf: TufCli;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "distinction-tuf-"));
  service = await startSigningService();
  tuf = new TufCli(place, { DISTINCTION_TUF_SIGNING_TOKEN: TOKEN });
});
afterEach(async () => {
  await service.close();
  await rm(place, { recursive: true, force: true });
});

/** A key that the service holds and nobody else; its public half is in a file. */
async function heldKey(name: string): Promise<string> {
  const elsewhere = join(place, "elsewhere");
  const signer = await new KeyFiles(elsewhere, new JsonMetadataCodec()).generate("ecdsa-sha2-nistp256");
  service.hold(signer, await readFile(join(elsewhere, `${signer.keyId}.pem`), "utf8"));
  await rm(elsewhere, { recursive: true });
  await writeFile(join(place, name), JSON.stringify(signer.publicKey));
  return signer.keyId;
}

test("roles are signed by keys of a signing service, and by nobody while it refuses", async () => {
  const asked = ["--signing-service", service.url];
  await tuf.json("init", "--bins", "4");
  const keyIds: string[] = [];
  for (const role of ["timestamp", "bins"]) {
    keyIds.push(await heldKey(`${role}.json`));
    await tuf.json("key", "rotate", role, "--to", `${role}.json`, ...asked);
    if (role === "timestamp") await tuf.json("sign");
  }
  await writeFile(join(place, "list"), `${HASH} 1 one\n`);
  await tuf.json("add", "--from-list", "list");
  await tuf.json("publish", ...asked);
  expect(await tuf.json("verify")).toMatchObject({ targets: 1, rootVersion: 2 });

  const metadata = join(place, "public/metadata");
  const signers = async (name: string) => {
    const { signatures } = JSON.parse(await readFile(join(metadata, name), "utf8")) as {
      signatures: { keyid: string }[];
    };
    return signatures.map(({ keyid }) => keyid);
  };
  expect(await signers("timestamp.json")).toContain(keyIds[0]);
  const newest = (await readdir(metadata))
    .filter((name) => name.endsWith(".bins-0.json"))
    .sort()
    .at(-1)!;
  expect(await signers(newest)).toContain(keyIds[1]);
  expect((await readdir(join(place, "keys"))).some((name) => keyIds.some((keyId) => name.startsWith(keyId)))).toBe(
    false,
  );
  expect(new Set(service.tokens)).toEqual(new Set([`Bearer ${TOKEN}`]));

  service.mood = "refusing";
  await writeFile(join(place, "list"), `${HASH} 2 two\n`);
  await tuf.json("add", "--from-list", "list");
  const refused = await tuf.run("publish", ...asked);
  expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/SIGNER_UNAVAILABLE/) as string });
  expect(refused.stderr).not.toMatch(/SECRET|token-that/);
  expect(await tuf.json("verify")).toMatchObject({ targets: 1 });
  service.mood = "well";
  await tuf.json("publish", ...asked);
  expect(await tuf.json("verify")).toMatchObject({ targets: 2 });
});

test("a key that the service does not sign with holds up no role with another one, and is told of", async () => {
  const asked = ["--signing-service", service.url];
  await tuf.json("init", "--bins", "2");
  const held = await heldKey("held.json");
  await tuf.json("key", "new", "--public", "spare.json");
  await tuf.json("key", "rotate", "timestamp", "--to", "held.json");
  await tuf.json("sign");
  await tuf.json("key", "add", "timestamp", "spare.json");
  await tuf.json("sign");
  await tuf.json("publish", ...asked);

  service.mood = "refusing";
  await writeFile(join(place, "list"), `${HASH} 1 one\n`);
  await tuf.json("add", "--from-list", "list");
  const reason = "the signing service answered: status 403";
  const published = await tuf.run("publish", ...asked);
  expect(published).toMatchObject({ code: 0, stderr: "" });
  expect(published.stdout).toContain(`key ${held.slice(0, 12)} did not sign: ${reason} (SIGNER_UNAVAILABLE)\n`);
  expect(await tuf.json("verify")).toMatchObject({ targets: 1 });
  const listed = await tuf.run("key", "list", ...asked);
  expect(listed.stdout).toMatch(
    new RegExp(`^timestamp .*${held}.*not to be had: the signing service.*status 403`, "m"),
  );
  await writeFile(join(place, "list"), `${HASH} 2 two\n`);
  await tuf.json("add", "--from-list", "list");
  const failure = { keyId: held, code: "SIGNER_UNAVAILABLE", reason };
  expect(await tuf.json("publish", ...asked)).toMatchObject({ keyFailures: [failure] });
});
