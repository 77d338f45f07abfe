import type { Command } from "commander";
import type { CreateRequest } from "../../application/tuf/creation/new-repository.js";
import type { TufRepositoryService } from "../../application/tuf/tuf-repository-service.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { count } from "./arguments.js";
import { type ExpiryFlags, withExpiryOption } from "./expiry-option.js";
import { type RepositoryFlags, withNewRepository, withRepositoryOptions } from "./open-repository.js";
import { keysIn, otherKeysText } from "./other-keys.js";
import { publicKeyFrom } from "./public-key-file.js";
import { signingJson, signingText } from "./signing-text.js";
import { UsageError } from "../exit-code.js";

interface InitFlags extends RepositoryFlags, ExpiryFlags {
  readonly bins: number;
  readonly binsByPrefix?: boolean;
  readonly rootKey?: readonly string[];
  readonly rootThreshold?: number;
}

export function addInit(tuf: Command): void {
  withExpiryOption(withRepositoryOptions(tuf.command("init")))
    .description("create a repository: all roles, with a new key for each; published at once if root needs nobody else")
    .option("--bins <number>", "hash bins that share the targets: a power of two from 2 to 65536", count, 256)
    .option(
      "--bins-by-prefix",
      "list them with hash prefixes, for clients that do not know succinct roles; at most 16384, and for good",
    )
    .option("--root-key <file...>", "public keys of the people who sign root; they do so with `tuf sign`")
    .option("--root-threshold <number>", "how many of them must sign", count)
    .action((flags: InitFlags) => answer("init", flags, () => init(flags)));
}

/** Top-level targets, snapshot and timestamp. */
const OTHER_ROLES = 3;

async function init(flags: InitFlags): Promise<Answer> {
  const { bins, binsByPrefix = false, expires: expiry, name } = flags;
  const request = { bins, binsByPrefix, ...(expiry && { expiry }) };
  const root = await rootKeys(flags);
  const before = await keysIn(flags.keys);
  // Each role is signed once, and without a ceremony each file published once, root too.
  const steps = root === undefined ? 2 * (bins + OTHER_ROLES + 1) : bins + OTHER_ROLES;
  return Progress.during("sign and publish roles", steps, (bar) =>
    withNewRepository(
      flags,
      async (tuf): Promise<Answer> => {
        const { text, json } =
          root === undefined ? await published(tuf, request, flags) : await begun(tuf, request, root);
        const used = new Set((await tuf.trust.keys()).map(({ keyId }) => keyId));
        const otherKeys = before.filter((keyId) => !used.has(keyId));
        return {
          text: [`repository ${name} with ${bins} bins is ${text}`, ...otherKeysText(flags.keys, otherKeys)].join("\n"),
          json: { name, bins, ...json, otherKeys },
        };
      },
      () => bar.advance(),
    ),
  );
}

type NewRepository = Omit<CreateRequest, "name" | "roles">;

async function published(tuf: TufRepositoryService, request: NewRepository, { storage }: InitFlags): Promise<Answer> {
  const { position, filesWritten } = await tuf.create(request);
  const text = `published: ${filesWritten.length} files in ${storage}`;
  return { text, json: { published: position, filesWritten: filesWritten.length } };
}

async function begun(tuf: TufRepositoryService, request: NewRepository, root: RootKeys): Promise<Answer> {
  const signing = await tuf.trust.beginCeremony({ ...request, roles: { root } });
  return { text: `created\n${signingText(signing)}`, json: { signing: signingJson(signing) } };
}

type RootKeys = NonNullable<NonNullable<CreateRequest["roles"]>["root"]>;

async function rootKeys({ rootKey, rootThreshold }: InitFlags): Promise<RootKeys | undefined> {
  if (rootKey === undefined) {
    if (rootThreshold === undefined) return undefined;
    throw new UsageError("--root-threshold says how many of the keys given as --root-key must sign; there are none");
  }
  const keys = await Promise.all(rootKey.map(async (file) => (await publicKeyFrom(file)).publicKey));
  return { keys, threshold: rootThreshold ?? keys.length };
}
