import type { Command } from "commander";
import type { CreateRequest } from "../../application/tuf/creation/new-repository.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { count } from "./arguments.js";
import { type RepositoryFlags, withNewRepository, withRepositoryOptions } from "./open-repository.js";
import { publicKeyFrom } from "./public-key-file.js";
import { signingJson, signingText } from "./signing-text.js";
import { UsageError } from "../exit-code.js";

interface InitFlags extends RepositoryFlags {
  readonly bins: number;
  readonly binsByPrefix?: boolean;
  readonly rootKey?: readonly string[];
  readonly rootThreshold?: number;
}

export function addInit(tuf: Command): void {
  withRepositoryOptions(tuf.command("init"))
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
  const { bins, binsByPrefix = false, name } = flags;
  const root = await rootKeys(flags);
  // Each role is signed once, and without a ceremony each file published once, root too.
  const steps = root === undefined ? 2 * (bins + OTHER_ROLES + 1) : bins + OTHER_ROLES;
  return Progress.during("sign and publish roles", steps, (bar) =>
    withNewRepository(
      flags,
      async (tuf): Promise<Answer> => {
        if (root === undefined) {
          const { position, filesWritten } = await tuf.create({ bins, binsByPrefix });
          const text = `repository ${name} with ${bins} bins is published: ${filesWritten.length} files in ${flags.storage}`;
          return { text, json: { name, bins, published: position, filesWritten: filesWritten.length } };
        }
        const signing = await tuf.trust.beginCeremony({ bins, binsByPrefix, roles: { root } });
        const text = `repository ${name} with ${bins} bins is created\n${signingText(signing)}`;
        return { text, json: { name, bins, signing: signingJson(signing) } };
      },
      () => bar.advance(),
    ),
  );
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
