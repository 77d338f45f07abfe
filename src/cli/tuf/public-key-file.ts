import { readFile, writeFile } from "node:fs/promises";
import type { Signer } from "../../../domain/tuf/signer.js";
import { readPublicKey } from "../../composition/tuf-keys.js";

export type PublicKey = Pick<Signer, "keyId" | "publicKey">;

/** Reads a public key as people hand it to each other: PEM, or a TUF key in JSON. */
export async function publicKeyFrom(file: string): Promise<PublicKey> {
  return readPublicKey(file, await readFile(file, "utf8"));
}

/** Never replaces a file. */
export async function writePublicKey(file: string, { publicKey }: PublicKey): Promise<void> {
  await writeFile(file, `${JSON.stringify(publicKey, undefined, 2)}\n`, { flag: "wx" });
}
