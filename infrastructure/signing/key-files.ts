import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { TufError } from "../../domain/tuf/errors.js";
import { isHex32 } from "../../domain/tuf/hex.js";
import type { KeyStore } from "../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { Signer } from "../../domain/tuf/signer.js";
import { Ed25519Signer } from "./ed25519-signer.js";

/** Private keys as `<key id>.pem` (PKCS#8), readable by their owner only, in one directory. */
export class KeyFiles implements KeyStore {
  constructor(
    private readonly directory: string,
    private readonly codec: Pick<MetadataCodec, "canonical" | "sha256">,
  ) {}

  async generate(): Promise<Signer> {
    const { privateKey } = generateKeyPairSync("ed25519");
    const signer = new Ed25519Signer(privateKey, this.codec);
    await this.save(signer.keyId, privateKey);
    return signer;
  }

  async load(keyId: string): Promise<Signer | undefined> {
    const pem = await this.read(keyId);
    if (pem === undefined) return undefined;
    const signer = new Ed25519Signer(privateKeyOf(pem, keyId), this.codec);
    if (signer.keyId !== keyId) throw invalid(keyId, `holds key ${signer.keyId}`);
    return signer;
  }

  /** A link is made only where no file is: a key is never replaced, and never half written under its name. */
  private async save(keyId: string, privateKey: KeyObject): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const temporary = join(this.directory, `.${keyId}.${randomBytes(6).toString("hex")}.tmp`);
    try {
      await writeDurably(temporary, privateKey.export({ type: "pkcs8", format: "pem" }) as string);
      await link(temporary, this.path(keyId));
    } finally {
      await rm(temporary, { force: true });
    }
    await syncDirectory(this.directory);
  }

  private async read(keyId: string): Promise<string | undefined> {
    if (!isHex32(keyId)) throw new TufError("INVALID_KEY", "a key id is 64 hexadecimal digits");
    try {
      return await readFile(this.path(keyId), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  private path(keyId: string): string {
    return join(this.directory, `${keyId}.pem`);
  }
}

function privateKeyOf(pem: string, keyId: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The parser's own message is not passed on: it may quote what it could not read.
    throw invalid(keyId, "holds no private key in PEM form");
  }
  if (key.asymmetricKeyType !== "ed25519") throw invalid(keyId, `holds a key of type ${key.asymmetricKeyType}`);
  return key;
}

function invalid(keyId: string, what: string): TufError {
  return new TufError("INVALID_KEY", `key file ${keyId}.pem ${what}`);
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
