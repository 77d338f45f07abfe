import { readFile } from "node:fs/promises";
import { Argument, type Command, Option } from "commander";
import type { KeyScheme } from "../../../domain/tuf/key.js";
import type { ListedKey } from "../../application/tuf/trust/list-keys.js";
import type { SigningStatus } from "../../application/tuf/trust/signing-status.js";
import { tufKeys } from "../../composition/tuf-keys.js";
import { answer, type Answer } from "./answer.js";
import { count } from "./arguments.js";
import { addKeySign } from "./key-sign-command.js";
import { type KeyFlags, keyOptions, readSecret, withKeyOptions } from "./key-options.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";
import { publicKeyFrom, type PublicKey, writePublicKey } from "./public-key-file.js";
import { shortId, signingJson, signingText } from "./signing-text.js";
import { table } from "./table.js";

interface NewKeyFlags extends KeyFlags {
  readonly scheme: KeyScheme;
  readonly public?: string;
  readonly keyPassphraseFile?: string;
  readonly json?: boolean;
}

interface RotateFlags extends RepositoryFlags {
  readonly to?: string;
  readonly from?: string;
  readonly scheme: KeyScheme;
}

const SCHEMES: readonly KeyScheme[] = ["ed25519", "ecdsa-sha2-nistp256", "rsassa-pss-sha256"];

export function addKey(tuf: Command): void {
  const key = tuf.command("key").description("make, list, rotate and revoke keys");
  addKeyFiles(key);
  addKeySign(key);
  addRoleKeys(key);
}

/** What needs no repository: a person makes a key anywhere, and hands over its public half. */
function addKeyFiles(key: Command): void {
  const written = "also write the public half to this file, to hand to others";
  withKeyOptions(key.command("new"))
    .description("make a private key")
    .addOption(scheme())
    .option("--public <file>", written)
    .option("--json", "answer with one JSON document")
    .action((flags: NewKeyFlags) => answer("key new", flags, async () => kept(flags, await newKey(flags))));
  withKeyOptions(key.command("import"))
    .description("take over a private key: PKCS #8, PKCS #1 or SEC 1, in PEM form")
    .argument("<file>")
    .option("--key-passphrase-file <file>", "passphrase of the file that is imported")
    .option("--public <file>", written)
    .option("--json", "answer with one JSON document")
    .action((file: string, flags: NewKeyFlags) =>
      answer("key import", flags, async () => kept(flags, await importedKey(file, flags))),
    );
}

function addRoleKeys(key: Command): void {
  withRepositoryOptions(key.command("list"))
    .description("every key with its role, and whether this machine can sign with it")
    .action((flags: RepositoryFlags) => answer("key list", flags, () => list(flags)));
  withRepositoryOptions(key.command("rotate"))
    .description("have another key speak for a role; root signs that, unless it is a key of bins or of a custom role")
    .addArgument(role())
    .option("--to <file>", "public half of the new key; a new key is made where none is given")
    .option("--from <key id>", "the key that goes, where the role has several")
    .addOption(scheme())
    .action((of: string, flags: RotateFlags) => answer("key rotate", flags, () => rotate(of, flags)));
  withRepositoryOptions(key.command("add"))
    .description("have one more key speak for a role")
    .addArgument(role())
    .argument("<file>", "its public half")
    .action((of: string, file: string, flags: RepositoryFlags) =>
      answer("key add", flags, async () => {
        const { keyId, publicKey } = await publicKeyFrom(file);
        const proposed = await withRepository(flags, (repository) => repository.trust.addKey(of, publicKey));
        return changed(`key ${shortId(keyId)} is added to ${of}`, { role: of, keyId }, proposed);
      }),
    );
  withRepositoryOptions(key.command("threshold"))
    .description("set how many keys of a role must sign")
    .addArgument(role())
    .argument("<number>", "", count)
    .action((of: string, threshold: number, flags: RepositoryFlags) =>
      answer("key threshold", flags, async () => {
        const change = { change: "set-threshold", role: of, threshold } as const;
        const proposed = await withRepository(flags, (repository) => repository.trust.change([change]));
        return changed(`${of} asks for ${threshold} signatures`, { role: of, threshold }, proposed);
      }),
    );
  withRepositoryOptions(key.command("revoke"))
    .description("take a key out of every role, for ever")
    .argument("<key id>")
    .option("--replace-by <file>", "public half of the key that takes its place in every role")
    .action((keyId: string, flags: RepositoryFlags & { readonly replaceBy?: string }) =>
      answer("key revoke", flags, () => revoke(keyId, flags)),
    );
}

function newKey(flags: NewKeyFlags): Promise<PublicKey> {
  return tufKeys(keyOptions(flags)).generate(flags.scheme);
}

async function importedKey(file: string, flags: NewKeyFlags): Promise<PublicKey> {
  const { keyPassphraseFile } = flags;
  const passphrase = keyPassphraseFile === undefined ? undefined : readSecret(keyPassphraseFile);
  return tufKeys(keyOptions(flags)).importKey(await readFile(file, "utf8"), passphrase);
}

async function kept(flags: NewKeyFlags, key: PublicKey): Promise<Answer> {
  if (flags.public !== undefined) await writePublicKey(flags.public, key);
  const text = `key ${key.keyId} (${key.publicKey.scheme}) is in ${flags.keys}`;
  return { text, json: { keyId: key.keyId, publicKey: key.publicKey } };
}

async function list(flags: RepositoryFlags): Promise<Answer> {
  const keys = await withRepository(flags, (repository) => repository.trust.keys());
  const rows = keys.map(({ role: of, threshold, keyId, scheme: kind, atHand, failure }) => [
    of,
    `${threshold}`,
    keyId,
    kind,
    atHand ? "here" : whereabouts(failure),
  ]);
  return { text: table(["role", "needs", "key", "scheme", "is"], rows), json: { keys } };
}

function whereabouts(failure: ListedKey["failure"]): string {
  return failure === undefined ? "elsewhere" : `not to be had: ${failure.reason} (${failure.code})`;
}

async function rotate(of: string, flags: RotateFlags): Promise<Answer> {
  const { to, from } = flags;
  return withRepository(flags, async ({ trust }) => {
    const next = to === undefined ? await trust.generateKey(flags.scheme) : await publicKeyFrom(to);
    const proposed = await trust.rotate(of, next, from);
    return changed(`${of}: key ${shortId(next.keyId)} comes`, { role: of, keyId: next.keyId }, proposed);
  });
}

async function revoke(keyId: string, flags: RepositoryFlags & { readonly replaceBy?: string }): Promise<Answer> {
  const next = flags.replaceBy === undefined ? undefined : await publicKeyFrom(flags.replaceBy);
  return withRepository(flags, async ({ trust }) => {
    const { roles, proposed } = await trust.revoke(keyId, next);
    const spoke = roles.length === 0 ? "speaks for no role any more" : `spoke for ${roles.join(", ")}`;
    return changed(`key ${shortId(keyId)} is revoked; it ${spoke}`, { keyId, roles }, proposed);
  });
}

/** What changes by a root comes with its signatures, what does not with the next publish. */
function changed(what: string, json: object, proposed: SigningStatus | undefined): Answer {
  return proposed === undefined
    ? { text: `${what}; the next publish signs with it`, json: { ...json, signing: null } }
    : { text: `${what}\n${signingText(proposed)}`, json: { ...json, signing: signingJson(proposed) } };
}

function scheme(): Option {
  return new Option("--scheme <scheme>", "of a new key").choices(SCHEMES).default("ed25519");
}

function role(): Argument {
  return new Argument("<role>", "root, targets, snapshot, timestamp, bins, or a custom role");
}
