import type { KeyObject } from "node:crypto";
import { randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { TufError } from "../../domain/tuf/errors.js";
import { isHex32 } from "../../domain/tuf/hex.js";
import type { KeyScheme } from "../../domain/tuf/key.js";
import type { KeyStore } from "../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { Signer } from "../../domain/tuf/signer.js";
import { LocalSigner } from "./local-signer.js";
import { newPrivateKey, parsePrivateKey, privateKeyPem } from "./private-key.js";

export interface KeyFilesOptions {
  /** Encrypts new files, and opens encrypted ones. Files that are not encrypted are read all the same. */
  readonly passphrase?: string;
}

/** Milliseconds after which a temporary file is taken for a dead writer's: writing a key takes a few. */
const LONGEST_WRITE = 60 * 60 * 1000;

const TEMPORARY = /^\.[0-9a-f]{64}\.[0-9a-f]{12}\.tmp$/;

/** Private keys as `<key id>.pem` (PKCS #8), readable by their owner only, in one directory. */
export class KeyFiles implements KeyStore {
  readonly #passphrase: string | undefined;
  /** What was opened, as long as its file is the one that was read. */
  readonly #opened = new Map<string, { readonly file: string; readonly signer: Signer }>();

  constructor(
    private readonly directory: string,
    private readonly codec: Pick<MetadataCodec, "canonical" | "sha256">,
    { passphrase }: KeyFilesOptions = {},
  ) {
    if (passphrase === "") throw new TufError("INVALID_KEY", "the passphrase of the key files is empty");
    this.#passphrase = passphrase;
  }

  async generate(scheme: KeyScheme = "ed25519"): Promise<Signer> {
    return this.#keep(newPrivateKey(scheme));
  }

  async importKey(pem: string, passphrase?: string): Promise<Signer> {
    return this.#keep(parsePrivateKey("the imported key", pem, passphrase));
  }

  /** A key whose file is gone, or another one, is not at hand any more. Opening one takes a while, encrypted ones above all. */
  async load(keyId: string): Promise<Signer | undefined> {
    const file = await this.#fileOf(keyId);
    const known = this.#opened.get(keyId);
    if (known !== undefined && known.file === file) return known.signer;
    this.#opened.delete(keyId);
    const signer = await this.#open(keyId);
    if (signer !== undefined && file !== undefined) this.#opened.set(keyId, { file, signer });
    return signer;
  }

  async #open(keyId: string): Promise<Signer | undefined> {
    const pem = await this.#read(keyId);
    if (pem === undefined) return undefined;
    const what = `key file ${keyId}.pem`;
    const signer = new LocalSigner(parsePrivateKey(what, pem, this.#passphrase), this.codec);
    if (signer.keyId !== keyId) throw new TufError("INVALID_KEY", `${what}: holds key ${signer.keyId}`);
    return signer;
  }

  /** A link is made only where no file is: a key is never replaced, and never half written under its name. */
  async #keep(privateKey: KeyObject): Promise<Signer> {
    const signer = new LocalSigner(privateKey, this.codec);
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const temporary = join(this.directory, `.${signer.keyId}.${randomBytes(6).toString("hex")}.tmp`);
    try {
      await writeDurably(temporary, privateKeyPem(privateKey, this.#passphrase));
      await this.#sweep(temporary);
      await link(temporary, this.#path(signer.keyId)).catch(unlessThere);
    } finally {
      await rm(temporary, { force: true });
    }
    await syncDirectory(this.directory);
    return signer;
  }

  /**
   * Removes the private keys that killed writers left. How old they are, the file system's own clock tells by what was
   * written just now. That it fails is no concern of who wants a key.
   */
  async #sweep(written: string): Promise<void> {
    const { mtimeMs: now } = await stat(written);
    const names = await readdir(this.directory);
    for (const path of names.filter((name) => TEMPORARY.test(name)).map((name) => join(this.directory, name))) {
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }));
      if (now - mtimeMs > LONGEST_WRITE) await rm(path, { force: true }).catch(() => undefined);
    }
  }

  /** What tells a file from any other that was or will be under its name; `undefined` where there is none. */
  async #fileOf(keyId: string): Promise<string | undefined> {
    if (!isHex32(keyId)) throw new TufError("INVALID_KEY", "a key id is 64 hexadecimal digits");
    try {
      const { dev, ino, size, mode, mtimeNs, ctimeNs } = await stat(this.#path(keyId), { bigint: true });
      return [dev, ino, size, mode, mtimeNs, ctimeNs].join();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async #read(keyId: string): Promise<string | undefined> {
    try {
      return await readFile(this.#path(keyId), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  #path(keyId: string): string {
    return join(this.directory, `${keyId}.pem`);
  }
}

/** Named for its content: a file that is there holds this key, if under another passphrase. */
function unlessThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
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
