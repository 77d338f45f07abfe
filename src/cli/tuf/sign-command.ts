import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { TufTrustService } from "../../application/tuf/tuf-trust-service.js";
import { UsageError } from "../exit-code.js";
import { answer, type Answer } from "./answer.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";
import { signatureFrom } from "./signature-file.js";
import { signRole } from "./sign-role.js";
import { failureText, shortId, signingJson, signingText } from "./signing-text.js";

interface SignFlags extends RepositoryFlags {
  readonly role?: string;
  readonly key?: readonly string[];
  readonly propose?: boolean;
  readonly payload?: string;
  readonly add?: string;
  readonly install?: string;
  readonly cancel?: boolean;
}

export function addSign(tuf: Command): void {
  withRepositoryOptions(tuf.command("sign"))
    .description("sign what awaits signatures, root or a custom role, with every key at hand that may, or one of:")
    .option("--role <role>", "a custom role's metadata, instead of root")
    .option("--key <key id...>", "sign with these keys only")
    .option("--propose", "propose the same root for longer, before it expires")
    .option("--payload <file>", "write the bytes that are to be signed, for a machine without this database")
    .option("--add <file>", 'add a signature that was made elsewhere: {"keyid": …, "sig": …}, in hexadecimal')
    .option("--install <file>", "take over the next root, made and signed by other tools")
    .option("--cancel", "give up what awaits signatures")
    .action((flags: SignFlags) =>
      answer("sign", flags, () =>
        withRepository(flags, ({ trust, delegations }) => {
          const { role } = flags;
          checkExclusive(flags);
          return role === undefined ? signRoot(trust, flags) : signRole(delegations, role, flags);
        }),
      ),
    );
}

function checkExclusive({ role, key, propose, payload, add, install, cancel }: SignFlags): void {
  if ([key, propose, payload, add, install, cancel].filter((flag) => flag !== undefined).length > 1) {
    throw new UsageError("--key, --propose, --payload, --add, --install and --cancel exclude each other");
  }
  if (role !== undefined && (propose === true || install !== undefined)) {
    throw new UsageError("--propose and --install are for root; a publish proposes the metadata of a role");
  }
}

async function signRoot(trust: TufTrustService, flags: SignFlags): Promise<Answer> {
  const { key, propose, payload, add, install, cancel } = flags;
  if (propose === true) return told(await trust.propose());
  if (payload !== undefined) return writePayload(trust, payload);
  if (add !== undefined) return addSignature(trust, add);
  if (install !== undefined) return installRoot(trust, install);
  if (cancel === true) return giveUp(trust);
  const { status, signedWith, keyFailures } = await trust.sign(key);
  const lines = [`signed with ${signedWith.map(shortId).join(", ")}`, ...keyFailures.map(failureText)];
  return {
    text: [...lines, signingText(status)].join("\n"),
    json: { signedWith, keyFailures, signing: signingJson(status) },
  };
}

async function writePayload(trust: TufTrustService, file: string): Promise<Answer> {
  const { event } = await trust.signing();
  await writeFile(file, event.payload, { flag: "wx" });
  const text = `${event.payload.length} bytes to sign for root ${event.metadataVersion} are in ${file}`;
  return { text, json: { event: event.number, file, length: event.payload.length } };
}

async function addSignature(trust: TufTrustService, file: string): Promise<Answer> {
  const signature = await signatureFrom(file);
  const { event } = await trust.signing();
  return told(await trust.addSignature(event.number, signature));
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
