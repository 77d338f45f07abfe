import type { Command } from "commander";
import type { Alteration } from "../../../domain/tuf/delegation-change.js";
import type { RoleExpiry } from "../../../domain/tuf/expiry.js";
import type { DelegationRequest } from "../../application/tuf/delegations/add-delegation.js";
import type { DelegationStatus } from "../../application/tuf/delegations/delegation-status.js";
import { UsageError } from "../exit-code.js";
import { answer, type Answer } from "./answer.js";
import { count, duration } from "./arguments.js";
import { delegationJson, delegationSigningText, hiddenText } from "./delegation-text.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";
import { publicKeyFrom } from "./public-key-file.js";
import { table } from "./table.js";

interface ChangeFlags extends RepositoryFlags {
  readonly path?: readonly string[];
  readonly terminating?: boolean;
  readonly before?: string;
  readonly lifetime?: number;
  readonly renewBefore?: number;
}

interface AddFlags extends ChangeFlags {
  readonly path: readonly string[];
  readonly key?: readonly string[];
  readonly threshold?: number;
  readonly bins?: number;
  readonly below?: string;
}

export function addDelegation(tuf: Command): void {
  const delegation = tuf
    .command("delegation")
    .description(
      "roles with keys of their own for some paths; `tuf key` changes their keys, `tuf sign --role` signs them",
    );
  withLifetime(withRepositoryOptions(delegation.command("add")))
    .description("delegate paths to a new role; targets that are there already stay where they are")
    .argument("<role>")
    .requiredOption("--path <pattern...>", "paths that it speaks for; * and ? stand for characters within a segment")
    .option("--terminating", "clients that do not find such a path there look no further")
    .option(
      "--bins <number>",
      "hash bins below it, for many targets; each publish then needs its keys; terminating",
      count,
    )
    .option("--key <file...>", "public keys of those who sign it; a new key is made where none is given")
    .option("--threshold <number>", "how many of them must sign", count)
    .option("--below <role>", "have this role delegate to it, whose keys then sign that; targets where none is given")
    .option("--before <role>", "have clients ask it before this one; they ask it last where none is given")
    .action((role: string, flags: AddFlags) => answer("delegation add", flags, () => add(role, flags)));
  withLifetime(withRepositoryOptions(delegation.command("alter")))
    .description("change what a role speaks for, or where it stands; what is not named stays")
    .argument("<role>")
    .option("--path <pattern...>", "all paths that it is to speak for")
    .option("--terminating", "clients that do not find such a path there look no further")
    .option("--no-terminating", "clients that do not find such a path there ask the roles after it")
    .option("--before <role>", "have clients ask it before this one")
    .option("--last", "have clients ask it last")
    .action((role: string, flags: ChangeFlags & { readonly last?: boolean }) =>
      answer("delegation alter", flags, () => alter(role, flags)),
    );
  withRepositoryOptions(delegation.command("remove"))
    .description("end a delegation: clients ask the role no more")
    .argument("<role>")
    .option("--with-targets", "also where the role holds targets, which then go with it")
    .action((role: string, flags: RepositoryFlags & { readonly withTargets?: boolean }) =>
      answer("delegation remove", flags, async () => {
        const { withTargets = false } = flags;
        await withRepository(flags, (repository) => repository.delegations.remove(role, { withTargets }));
        return { text: `role ${role} is removed; publish it`, json: { role } };
      }),
    );
  withRepositoryOptions(delegation.command("list"))
    .description("all roles with paths of their own, in the order in which clients ask them")
    .action((flags: RepositoryFlags) => answer("delegation list", flags, () => list(flags)));
}

function withLifetime(command: Command): Command {
  return command
    .option("--lifetime <time>", "how long its metadata is good: 90d, 12h", duration)
    .option("--renew-before <time>", "how long before it expires it is renewed, or signatures are asked for", duration);
}

async function add(role: string, flags: AddFlags): Promise<Answer> {
  const { path: paths, bins, terminating = bins !== undefined, before, below: above } = flags;
  const expiry = lifetimeOf(flags);
  const keys = await keysOf(flags);
  const request: DelegationRequest = {
    role,
    paths,
    terminating,
    ...(keys && { keys }),
    ...(expiry && { expiry }),
    ...(above === undefined ? {} : { below: above }),
    ...(before === undefined ? {} : { before }),
    ...(bins === undefined ? {} : { bins }),
  };
  const [{ keyIds, threshold }, hidden] = await withRepository(flags, async ({ delegations }) => {
    return [await delegations.add(request), await delegations.hidden()] as const;
  });
  const below = bins === undefined ? "" : `, ${bins} bins below it`;
  const text = `role ${role} speaks for ${paths.join(", ")} with ${threshold} of ${keyIds.length} keys${below}; publish it`;
  return {
    text: [text, ...hiddenText(hidden)].join("\n"),
    json: { role, above: above ?? null, paths, terminating, bins: bins ?? 0, keyIds, threshold, hidden },
  };
}

async function alter(role: string, flags: ChangeFlags & { readonly last?: boolean }): Promise<Answer> {
  const { path: paths, terminating, before, last } = flags;
  if (before !== undefined && last === true) throw new UsageError("give --before or --last, not both");
  const expiry = lifetimeOf(flags);
  const place = last === true ? null : before;
  const to: Alteration = {
    ...(paths && { paths }),
    ...(terminating === undefined ? {} : { terminating }),
    ...(expiry && { expiry }),
    ...(place === undefined ? {} : { before: place }),
  };
  if (Object.keys(to).length === 0) throw new UsageError("name what is to change: --path, --terminating, --before, …");
  return withRepository(flags, async ({ delegations }) => {
    await delegations.alter(role, to);
    const altered = (await delegations.list()).filter((one) => one.role === role);
    const hidden = await delegations.hidden();
    return {
      text: [`role ${role} is altered; publish it`, listText(altered), ...hiddenText(hidden)].join("\n"),
      json: { delegation: altered.map(delegationJson)[0], hidden },
    };
  });
}

async function list(flags: RepositoryFlags): Promise<Answer> {
  const delegations = await withRepository(flags, (repository) => repository.delegations.list());
  const text = delegations.length === 0 ? "no delegations; all targets are in hash bins" : listText(delegations);
  return { text, json: { delegations: delegations.map(delegationJson) } };
}

function listText(delegations: readonly DelegationStatus[]): string {
  const rows = delegations.map(({ role, above, paths, terminating, bins, keys, threshold, metadataVersion }) => [
    role,
    above ?? "targets",
    metadataVersion === 0 ? "unsigned" : `${metadataVersion}`,
    `${threshold} of ${keys}`,
    terminating ? "yes" : "no",
    bins === 0 ? "-" : `${bins}`,
    paths.join(" "),
  ]);
  const signing = delegations.flatMap((one) => (one.signing === undefined ? [] : [delegationSigningText(one.signing)]));
  return [table(["role", "below", "version", "keys", "terminating", "bins", "paths"], rows), ...signing].join("\n");
}

async function keysOf({ key, threshold }: AddFlags): Promise<DelegationRequest["keys"] | undefined> {
  if (key === undefined) {
    if (threshold === undefined) return undefined;
    throw new UsageError("--threshold says how many of the keys given as --key must sign; there are none");
  }
  const keys = await Promise.all(key.map(async (file) => (await publicKeyFrom(file)).publicKey));
  return { keys, threshold: threshold ?? keys.length };
}

function lifetimeOf({ lifetime, renewBefore }: ChangeFlags): RoleExpiry | undefined {
  if (lifetime === undefined && renewBefore === undefined) return undefined;
  if (lifetime !== undefined && renewBefore !== undefined) return { lifetime, renewBefore };
  throw new UsageError("--lifetime and --renew-before belong together");
}
