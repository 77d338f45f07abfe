import { constants, createPrivateKey, generateKeyPairSync, sign as signWith } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Key, Metadata, MetadataKind, Root } from "@tufjs/models";
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { KEY_TYPES, type KeyScheme } from "../../domain/tuf/key.js";
import type { SignerSource } from "../../domain/tuf/key-store.js";
import { EnvironmentKeys } from "../../infrastructure/signing/environment-keys.js";
import { KeyChain } from "../../infrastructure/signing/key-chain.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { RemoteKeys } from "../../infrastructure/signing/remote-keys.js";
import { SchemeVerifier } from "../../infrastructure/signing/scheme-verifier.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { startSigningService, type TestSigningService } from "./signing-service.js";

const SCHEMES = Object.keys(KEY_TYPES) as KeyScheme[];
const PASSPHRASE = "correct horse";
const codec = new JsonMetadataCodec();
const verifier = new SchemeVerifier();
const invalid = expect.objectContaining({ code: "INVALID_KEY" });

const newPem = (scheme: KeyScheme, passphrase?: string): string => {
  const encryption = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  const { privateKey } =
    scheme === "ed25519"
      ? generateKeyPairSync("ed25519")
      : scheme === "ecdsa-sha2-nistp256"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem", ...encryption }) as string;
};

let directory: string;
let service: TestSigningService;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "distinction-signers-"));
  service = await startSigningService();
});
afterEach(() => {
  service.mood = "well";
});
afterAll(async () => {
  await service.close();
  await rm(directory, { recursive: true });
});

const remote = () => new RemoteKeys({ url: service.url, token: () => "TOKEN", timeout: 1_000 }, codec);

/** One key in each kind of source. */
async function sources(scheme: KeyScheme): Promise<{ keyId: string; sources: Record<string, SignerSource> }> {
  const files = new KeyFiles(join(directory, "plain"), codec);
  const pem = newPem(scheme);
  const signer = await files.importKey(pem);
  service.hold(signer, pem);
  const encrypted = new KeyFiles(join(directory, "encrypted"), codec, { passphrase: PASSPHRASE });
  await encrypted.importKey(pem);
  return {
    keyId: signer.keyId,
    sources: {
      files,
      "encrypted files": encrypted,
      environment: new EnvironmentKeys({ DISTINCTION_TUF_KEY_1: pem, PATH: "/" }, codec),
      "environment in base64": new EnvironmentKeys({ KEY: Buffer.from(pem).toString("base64") }, codec, {
        prefix: "KEY",
      }),
      remote: remote(),
      chain: new KeyChain(new EnvironmentKeys({}, codec), remote()),
    },
  };
}

describe.each(SCHEMES)("%s", (scheme) => {
  it("signs the same from every source, and tuf-js verifies it", async () => {
    const { keyId, sources: all } = await sources(scheme);
    for (const [name, source] of Object.entries(all)) {
      const signer = await source.load(keyId);
      expect(signer?.keyId, name).toBe(keyId);
      expect(signer?.publicKey).toMatchObject({ keytype: KEY_TYPES[scheme], scheme });
      for (const size of [0, 1_000, 200_000]) {
        const bytes = Buffer.alloc(size, 7);
        expect(verifier.verify(signer!.publicKey, bytes, await signer!.sign(bytes)), `${name} ${size}`).toBe(true);
      }
      const root = new Root({ version: 1, specVersion: "1.0.33", expires: "2030-01-01T00:00:00Z" });
      root.addKey(Key.fromJSON(keyId, signer!.publicKey), "root");
      const sig = Buffer.from(await signer!.sign(codec.canonical(root.toJSON()))).toString("hex");
      const file = { signed: root.toJSON(), signatures: [{ keyid: keyId, sig }] };
      const metadata = Metadata.fromJSON(MetadataKind.Root, file);
      expect(() => metadata.verifyDelegate("root", metadata)).not.toThrow();
      expect(await source.load("ab".repeat(32)), name).toBeUndefined();
    }
  });

  it("is generated, and read again after a restart", async () => {
    const options = { passphrase: PASSPHRASE };
    const { keyId, publicKey } = await new KeyFiles(join(directory, "made"), codec, options).generate(scheme);
    const pem = await readFile(join(directory, "made", `${keyId}.pem`), "utf8");
    expect(pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    const again = await new KeyFiles(join(directory, "made"), codec, options).load(keyId);
    expect(verifier.verify(publicKey, Buffer.from("x"), await again!.sign(Buffer.from("x")))).toBe(true);
  });

  it("is imported from encrypted PEM with its passphrase only", async () => {
    const files = new KeyFiles(join(directory, "imported"), codec);
    const pem = newPem(scheme, PASSPHRASE);
    const { keyId } = await files.importKey(pem, PASSPHRASE);
    expect((await files.importKey(pem, PASSPHRASE)).keyId).toBe(keyId);
    expect((await files.load(keyId))?.keyId).toBe(keyId);
    for (const passphrase of [undefined, "wrong"]) {
      await expect(files.importKey(pem, passphrase)).rejects.toEqual(invalid);
      await expect(files.importKey(pem, passphrase)).rejects.not.toThrow(/wrong|MII/);
    }
  });

  it("verifies nothing that does not fit", async () => {
    const { keyId, sources: all } = await sources(scheme);
    const { publicKey, sign } = bound(await all.files!.load(keyId));
    const bytes = Buffer.from("bytes");
    const signature = await sign(bytes);
    expect(verifier.verify(publicKey, bytes, signature)).toBe(true);
    expect(verifier.verify(publicKey, Buffer.from("bytez"), signature)).toBe(false);
    expect(verifier.verify(publicKey, bytes, signature.subarray(1))).toBe(false);
    expect(verifier.verify(publicKey, bytes, new Uint8Array())).toBe(false);
    expect(verifier.verify({ ...publicKey, keyval: { public: "zz" } }, bytes, signature)).toBe(false);
    for (const other of SCHEMES.filter((name) => name !== scheme)) {
      const claimed = { ...publicKey, keytype: KEY_TYPES[other], scheme: other };
      expect(verifier.verify(claimed, bytes, signature), other).toBe(false);
    }
  });
});

const bound = (signer: Awaited<ReturnType<SignerSource["load"]>>) => ({
  publicKey: signer!.publicKey,
  sign: (bytes: Uint8Array) => signer!.sign(bytes),
});

test("RSA-PSS is signed with a salt as long as the digest, and verified with any", async () => {
  const pem = newPem("rsassa-pss-sha256");
  const signer = await new KeyFiles(join(directory, "salt"), codec).importKey(pem);
  const [bytes, key] = [Buffer.from("bytes"), createPrivateKey(pem)];
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const longest = signWith("sha256", bytes, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN });
  expect(verifier.verify(signer.publicKey, bytes, longest)).toBe(true);
  expect(verifier.verify(signer.publicKey, bytes, signWith("sha256", bytes, key))).toBe(false); // PKCS #1 v1.5
});

test.each([
  ["RSA of 1,024 bits", () => generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey],
  ["P-384", () => generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey],
  ["Ed448", () => generateKeyPairSync("ed448").privateKey],
])("%s is refused", async (_, make) => {
  const pem = make().export({ type: "pkcs8", format: "pem" }) as string;
  await expect(new KeyFiles(join(directory, "none"), codec).importKey(pem)).rejects.toEqual(invalid);
  const variables = new EnvironmentKeys({ DISTINCTION_TUF_KEY: pem }, codec);
  await expect(variables.load("ab".repeat(32))).rejects.toEqual(invalid);
});

test("a variable that cannot be read holds up no key but its own", async () => {
  const pem = newPem("ed25519");
  const { keyId } = await new KeyFiles(join(directory, "beside-a-broken-one"), codec).importKey(pem);
  const variables = new EnvironmentKeys({ DISTINCTION_TUF_KEY_1: "broken", DISTINCTION_TUF_KEY_2: pem }, codec);
  expect(await variables.load(keyId)).toMatchObject({ keyId });
  await expect(variables.load("ab".repeat(32))).rejects.toThrow("DISTINCTION_TUF_KEY_1");
});

test("a source that fails holds up no key that another one has", async () => {
  const files = new KeyFiles(join(directory, "behind-a-broken-one"), codec);
  const { keyId } = await files.generate();
  const chain = new KeyChain(new EnvironmentKeys({ DISTINCTION_TUF_KEY: "broken" }, codec), files);
  expect(await chain.load(keyId)).toMatchObject({ keyId });
  await expect(chain.load("ab".repeat(32))).rejects.toThrow("DISTINCTION_TUF_KEY");
});

test("the environment is told by the variable's name, never by its value", async () => {
  const variables = new EnvironmentKeys({ DISTINCTION_TUF_KEY_BAD: "SECRET" }, codec);
  await expect(variables.load("ab".repeat(32))).rejects.toThrow("DISTINCTION_TUF_KEY_BAD");
  await expect(variables.load("ab".repeat(32))).rejects.not.toThrow(/SECRET|U0VDUkVU/);
  const encrypted = newPem("ed25519", PASSPHRASE);
  const opened = new EnvironmentKeys({ DISTINCTION_TUF_KEY: encrypted, DISTINCTION_TUF_PASSPHRASE: PASSPHRASE }, codec);
  expect(await opened.load("ab".repeat(32))).toBeUndefined();
});

describe("a signing service", () => {
  const held = async () => {
    const pem = newPem("ecdsa-sha2-nistp256");
    const signer = await new KeyFiles(join(directory, "service"), codec).importKey(pem);
    service.hold(signer, pem);
    return signer.keyId;
  };
  const patient = (timeout: number) => new RemoteKeys({ url: service.url, token: () => "TOKEN", timeout }, codec);

  it("is sent the token", async () => {
    await (await remote().load(await held()))!.sign(Buffer.from("x"));
    expect(new Set(service.tokens)).toEqual(new Set(["Bearer TOKEN"]));
  });

  it.each([
    ["refusing", /status 403/],
    ["garbled", /no JSON/],
    ["silent", /within 50 ms/],
    ["redirecting", /no connection/],
    ["hanging up", /no connection/],
  ] as const)("that is %s gives a typed error without a secret", async (mood, message) => {
    const keyId = await held();
    const signer = (await remote().load(keyId))!;
    const late = (await patient(50).load(keyId))!;
    service.mood = mood;
    const failing = mood === "silent" ? late : signer;
    const error: unknown = await failing.sign(Buffer.from("x")).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "SIGNER_UNAVAILABLE", message: expect.stringMatching(message) as string });
    expect(String(error)).not.toMatch(/SECRET|TOKEN/);
    if (mood === "silent") return;
    await expect(remote().load(keyId)).rejects.toMatchObject({ code: "SIGNER_UNAVAILABLE" });
  });

  it("that answers signatures of something else is not believed", async () => {
    const signer = (await remote().load(await held()))!;
    service.mood = "forging";
    await expect(signer.sign(Buffer.from("x"))).rejects.toMatchObject({ code: "SIGNER_UNAVAILABLE" });
  });

  it("that answers another key is not believed", async () => {
    const [keyId, other] = [await held(), newPem("ed25519")];
    const signer = await new KeyFiles(join(directory, "service"), codec).load(keyId);
    service.hold({ ...bound(signer), keyId }, other);
    await expect(remote().load(keyId)).rejects.toEqual(invalid);
    await expect(remote().load("../x")).rejects.toEqual(invalid);
  });

  it.each(["ftp://x", "http://signer.example/", "", "https//x"])("is not at %s", (url) => {
    expect(() => new RemoteKeys({ url }, codec)).toThrow(expect.objectContaining({ code: "SIGNER_UNAVAILABLE" }));
  });
});
