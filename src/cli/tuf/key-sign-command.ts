import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { signWithKey } from "../../composition/tuf-signing.js";
import { answer, type Answer } from "./answer.js";
import { type KeyFlags, keyOptions, withKeyOptions } from "./key-options.js";
import { publicKeyFrom } from "./public-key-file.js";
import { shortId } from "./signing-text.js";

interface SignFlags extends KeyFlags {
  readonly key: string;
  readonly out: string;
  readonly json?: boolean;
}

const KEY_ID = /^[0-9a-f]{64}$/;

export function addKeySign(key: Command): void {
  withKeyOptions(key.command("sign"))
    .description('sign what "sign --payload" wrote, without the database; "sign --add" takes the signature')
    .argument("<payload>")
    .requiredOption("--key <key>", "the key to sign with: its id, or the file of its public half")
    .requiredOption("--out <file>", "where the signature is written")
    .option("--json", "answer with one JSON document")
    .action((payload: string, flags: SignFlags) => answer("key sign", flags, () => sign(payload, flags)));
}

async function sign(payload: string, flags: SignFlags): Promise<Answer> {
  const { key } = flags;
  const keyId = KEY_ID.test(key) ? key : (await publicKeyFrom(key)).keyId;
  const { signature, type, version, expires } = await signWithKey(keyOptions(flags), await readFile(payload), keyId);
  await writeFile(flags.out, `${JSON.stringify(signature)}\n`, { flag: "wx" });
  const what = `${type} ${version}, which expires ${expires}`;
  const text = `signed ${what}, with ${shortId(signature.keyid)}; the signature is in ${flags.out}`;
  return { text, json: { type, version, expires, signature, file: flags.out } };
}
