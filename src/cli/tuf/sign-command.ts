import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Signature } from "../../../domain/tuf/metadata-document.js";
import type { TufTrustService } from "../../application/tuf-trust-service.js";
import { UsageError } from "../exit-code.js";
import { answer, type Answer } from "./answer.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";
import { shortId, signingJson, signingText } from "./signing-text.js";

interface SignFlags extends RepositoryFlags {
  readonly key?: readonly string[];
  readonly propose?: boolean;
  readonly payload?: string;
  readonly add?: string;
  readonly install?: string;
  readonly cancel?: boolean;
}

export function addSign(tuf: Command): void {
  withRepositoryOptions(tuf.command("sign"))
    .description("sign the root that awaits signatures with every key at hand that may, or one of:")
    .option("--key <key id...>", "sign with these keys only")
    .option("--propose", "propose the same root for longer, before it expires")
    .option("--payload <file>", "write the bytes that are to be signed, for a machine without this database")
    .option("--add <file>", 'add a signature that was made elsewhere: {"keyid": …, "sig": …}, in hexadecimal')
    .option("--install <file>", "take over the next root, made and signed by other tools")
    .option("--cancel", "give the root up")
    .action((flags: SignFlags) =>
      answer("sign", flags, () => withRepository(flags, ({ trust }) => work(trust, flags))),
    );
}

async function work(trust: TufTrustService, flags: SignFlags): Promise<Answer> {
  const { key, propose, payload, add, install, cancel } = flags;
  if ([key, propose, payload, add, install, cancel].filter((flag) => flag !== undefined).length > 1) {
    throw new UsageError("--key, --propose, --payload, --add, --install and --cancel exclude each other");
  }
  if (propose === true) return told(await trust.propose());
  if (payload !== undefined) return writePayload(trust, payload);
  if (add !== undefined) return addSignature(trust, add);
  if (install !== undefined) return installRoot(trust, install);
  if (cancel === true) return giveUp(trust);
  const { status, signedWith } = await trust.sign(key);
  const text = `signed with ${signedWith.map(shortId).join(", ")}\n${signingText(status)}`;
  return { text, json: { signedWith, signing: signingJson(status) } };
}

async function writePayload(trust: TufTrustService, file: string): Promise<Answer> {
  const { event } = await trust.signing();
  await writeFile(file, event.payload, { flag: "wx" });
  const text = `${event.payload.length} bytes to sign for root ${event.metadataVersion} are in ${file}`;
  return { text, json: { event: event.number, file, length: event.payload.length } };
}

async function addSignature(trust: TufTrustService, file: string): Promise<Answer> {
  const signature = signatureIn(file, await readFile(file, "utf8"));
  const { event } = await trust.signing();
  return told(await trust.addSignature(event.number, signature));
}

function signatureIn(file: string, text: string): Signature {
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

async function installRoot(trust: TufTrustService, file: string): Promise<Answer> {
  const rootVersion = await trust.install(await readFile(file));
  return { text: `root ${rootVersion} is installed; publish it`, json: { rootVersion } };
}

async function giveUp(trust: TufTrustService): Promise<Answer> {
  const { event } = await trust.signing();
  await trust.cancel(event.number);
  return told(await trust.signing(event.number));
}

function told(status: Awaited<ReturnType<TufTrustService["signing"]>>): Answer {
  return { text: signingText(status), json: { signing: signingJson(status) } };
}
