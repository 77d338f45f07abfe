import { readFile } from "node:fs/promises";
import type { Signature } from "../../../domain/tuf/metadata-document.js";
import { UsageError } from "../exit-code.js";

/** A signature that was made elsewhere. */
export async function signatureFrom(file: string): Promise<Signature> {
  const text = await readFile(file, "utf8");
  let read: Partial<Signature> | null | undefined;
  try {
    read = JSON.parse(text) as Partial<Signature> | null;
  } catch {
    read = undefined;
  }
  const { keyid, sig } = read ?? {};
  if (typeof keyid === "string" && typeof sig === "string") return { keyid, sig };
  throw new UsageError(`${file} holds no signature: {"keyid": …, "sig": …}`);
}
