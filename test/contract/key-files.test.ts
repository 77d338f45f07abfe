import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Key, Metadata, MetadataKind, Root } from "@tufjs/models";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SchemeVerifier } from "../../infrastructure/signing/scheme-verifier.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";

const codec = new JsonMetadataCodec();
const verifier = new SchemeVerifier();

describe("key files", () => {
  let directory: string;
  let keys: KeyFiles;
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), "distinction-keys-")), "keys");
    keys = new KeyFiles(directory, codec);
  });
  afterEach(() => rm(join(directory, ".."), { recursive: true }));

  it("keep a key readable by its owner only, under its id, and nothing else", async () => {
    const { keyId } = await keys.generate();
    expect(await readdir(directory)).toEqual([`${keyId}.pem`]);
    expect((await stat(join(directory, `${keyId}.pem`))).mode & 0o777).toBe(0o600);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(directory, `${keyId}.pem`), "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it("remove what killed writers left, once it is old, and nothing else", async () => {
    const { keyId } = await keys.generate();
    const left = (of: string) => `.${of.repeat(64)}.${"0".repeat(12)}.tmp`;
    const others = [".hidden.tmp", `${"c".repeat(64)}.pem`];
    for (const name of [left("a"), left("b"), ...others]) await writeFile(join(directory, name), "");
    const old = new Date(Date.now() - 2 * 3_600_000);
    for (const name of [left("a"), ...others]) await utimes(join(directory, name), old, old);
    const other = await keys.generate();
    const kept = [`${keyId}.pem`, `${other.keyId}.pem`, left("b"), ...others];
    expect((await readdir(directory)).sort()).toEqual(kept.sort());
  });

  it("give the same signer back after a restart", async () => {
    const made = await keys.generate();
    const loaded = await new KeyFiles(directory, codec).load(made.keyId);
    expect(loaded).toMatchObject({ keyId: made.keyId, publicKey: made.publicKey });
    for (const size of [0, 1_000, 200_000]) {
      const bytes = Buffer.alloc(size, 7);
      const signature = await loaded!.sign(bytes);
      expect(verifier.verify(made.publicKey, bytes, signature)).toBe(true);
      expect(Buffer.from(signature).equals(Buffer.from(await made.sign(bytes)))).toBe(true);
    }
    expect(await keys.load("ab".repeat(32))).toBeUndefined();
  });

  it("are opened once, and again once they changed; one that is gone is not at hand", async () => {
    const { keyId } = await keys.generate();
    const path = join(directory, `${keyId}.pem`);
    const pem = await readFile(path, "utf8");
    const opened = await keys.load(keyId);
    expect(await keys.load(keyId)).toBe(opened);
    await writeFile(path, "-----BEGIN NOTHING-----");
    await expect(keys.load(keyId)).rejects.toMatchObject({ code: "INVALID_KEY" });
    await rm(path);
    expect(await keys.load(keyId)).toBeUndefined();
    await writeFile(path, pem);
    expect((await keys.load(keyId))?.keyId).toBe(keyId);
    const other = await keys.generate();
    await writeFile(path, await readFile(join(directory, `${other.keyId}.pem`)));
    await expect(keys.load(keyId)).rejects.toMatchObject({ code: "INVALID_KEY" });
  });

  it("state keys as the specification does, named by the digest of their canonical form", async () => {
    const { keyId, publicKey } = await keys.generate();
    expect(publicKey).toEqual({
      keytype: "ed25519",
      scheme: "ed25519",
      keyval: { public: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
    const canonical = `{"keytype":"ed25519","keyval":{"public":"${publicKey.keyval.public}"},"scheme":"ed25519"}`;
    expect(keyId).toBe(Buffer.from(codec.sha256(Buffer.from(canonical))).toString("hex"));
  });

  it("sign what the reference library verifies", async () => {
    const signer = await keys.generate();
    const root = new Root({ version: 1, specVersion: "1.0.33", expires: "2030-01-01T00:00:00Z" });
    root.addKey(Key.fromJSON(signer.keyId, signer.publicKey), "root");
    const signature = await signer.sign(codec.canonical(root.toJSON()));
    const signatures = [{ keyid: signer.keyId, sig: Buffer.from(signature).toString("hex") }];
    const metadata = Metadata.fromJSON(MetadataKind.Root, { signed: root.toJSON(), signatures });
    expect(() => {
      metadata.verifyDelegate("root", metadata);
    }).not.toThrow();
  });

  it("refuse files that hold no such key, without saying what they hold", async () => {
    const { keyId } = await keys.generate();
    const other = await keys.generate();
    const invalid = expect.objectContaining({ code: "INVALID_KEY" });
    const path = join(directory, `${keyId}.pem`);
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" });
    for (const content of ["", "SECRET", rsa, await readFile(join(directory, `${other.keyId}.pem`), "utf8")]) {
      await writeFile(path, content);
      await expect(keys.load(keyId)).rejects.toEqual(invalid);
      await expect(keys.load(keyId)).rejects.not.toThrow(/SECRET/);
    }
    for (const id of ["", "../x", "AB".repeat(32), "ab"]) await expect(keys.load(id)).rejects.toEqual(invalid);
  });
});

describe("ed25519 verification", () => {
  it("is false, not an error, for whatever does not fit", async () => {
    const directory = await mkdtemp(join(tmpdir(), "distinction-keys-"));
    const keys = new KeyFiles(directory, codec);
    const [signer, other] = [await keys.generate(), await keys.generate()];
    await rm(directory, { recursive: true });
    const bytes = Buffer.from("bytes");
    const signature = await signer.sign(bytes);
    const { publicKey } = signer;
    expect(verifier.verify(publicKey, bytes, signature)).toBe(true);
    expect(verifier.verify(other.publicKey, bytes, signature)).toBe(false);
    expect(verifier.verify(publicKey, Buffer.from("bytez"), signature)).toBe(false);
    expect(verifier.verify(publicKey, bytes, signature.subarray(1))).toBe(false);
    expect(verifier.verify(publicKey, bytes, new Uint8Array())).toBe(false);
    expect(verifier.verify({ ...publicKey, keyval: { public: "zz" } }, bytes, signature)).toBe(false);
    expect(verifier.verify({ ...publicKey, keyval: { public: "ff".repeat(32) } }, bytes, signature)).toBe(false);
    expect(verifier.verify({ ...publicKey, keytype: "rsa" }, bytes, signature)).toBe(false);
    expect(verifier.verify({ ...publicKey, scheme: "ed448" }, bytes, signature)).toBe(false);
  });
});
