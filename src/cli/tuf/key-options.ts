import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { KeyOptions } from "../../composition/distinction-options.js";
import { UsageError } from "../exit-code.js";

export interface KeyFlags {
  readonly keys: string;
  readonly passphraseFile?: string;
  readonly passphraseFd?: number;
  readonly signingService?: string;
}

const PASSPHRASE = "DISTINCTION_TUF_PASSPHRASE";
const TOKEN = "DISTINCTION_TUF_SIGNING_TOKEN";
/** With the underscore: other variables of this command begin so too. */
const PRIVATE_KEYS = "DISTINCTION_TUF_KEY_";

/** Where private keys are. No option takes a secret: what is typed is seen by everybody who lists processes. */
export function withKeyOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--keys <directory>", "private keys, as files that their owner alone can read")
        .default("keys")
        .env("DISTINCTION_TUF_KEYS"),
    )
    .option("--passphrase-file <file>", `passphrase of the key files; or in the variable ${PASSPHRASE}`)
    .addOption(new Option("--passphrase-fd <number>", "passphrase, from an open file descriptor").argParser(descriptor))
    .addOption(
      new Option("--signing-service <url>", `keys at a signing service too; its token in the variable ${TOKEN}`).env(
        "DISTINCTION_TUF_SIGNING_SERVICE",
      ),
    );
}

/** Private keys in variables `DISTINCTION_TUF_KEY_…` are used as well. */
export function keyOptions(flags: KeyFlags): KeyOptions {
  const { keys, passphraseFile, passphraseFd, signingService } = flags;
  if (passphraseFile !== undefined && passphraseFd !== undefined) {
    throw new UsageError("give --passphrase-file or --passphrase-fd, not both");
  }
  const source = passphraseFile ?? passphraseFd;
  const passphrase = source === undefined ? process.env[PASSPHRASE] : readSecret(source);
  return {
    directory: keys,
    ...(passphrase === undefined ? {} : { passphrase }),
    environment: { variables: ownKeys(passphrase), prefix: PRIVATE_KEYS, passphraseVariable: PASSPHRASE },
    ...(signingService === undefined ? {} : { service: { url: signingService, ...tokenOf(process.env[TOKEN]) } }),
  };
}

/** The first line of a file, or of what an open descriptor gives. */
export function readSecret(source: string | number): string {
  const [line = ""] = readFileSync(source, "utf8").split(/\r?\n/, 1);
  return line;
}

function ownKeys(passphrase: string | undefined): Readonly<Record<string, string | undefined>> {
  return { ...process.env, [PASSPHRASE]: passphrase };
}

function tokenOf(token: string | undefined): { readonly token?: () => string } {
  return token === undefined ? {} : { token: () => token };
}

function descriptor(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("It is the number of an open file descriptor.");
}
