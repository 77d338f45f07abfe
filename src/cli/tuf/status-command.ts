import type { Command } from "commander";
import type { RepositoryStatus } from "../../application/tuf/tuf-repository-status.js";
import type { UnpublishedTarget } from "../../application/tuf/targets/unpublished-targets.js";
import { answer, type Answer } from "./answer.js";
import { delegationJson, hiddenText } from "./delegation-text.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";
import { signingJson } from "./signing-text.js";
import { statusText } from "./status-text.js";

interface StatusFlags extends RepositoryFlags {
  readonly changes?: boolean;
}

export function addStatus(tuf: Command): void {
  withRepositoryOptions(tuf.command("status"))
    .description("roles, versions and expiry, what is not published yet, and who has yet to sign")
    .option("--changes", "list every change that is not published yet")
    .action((flags: StatusFlags) => answer("status", flags, () => status(flags)));
}

async function status(flags: StatusFlags): Promise<Answer> {
  return withRepository(flags, async (tuf) => {
    const found = await tuf.status();
    const hidden = await tuf.delegations.hidden();
    const changes: UnpublishedTarget[] = [];
    if (flags.changes === true) for await (const change of tuf.unpublished()) changes.push(change);
    const lines = changes.map(({ path, change }) => `  ${change} ${path}`);
    return {
      text: [statusText(found, Date.now()), ...hiddenText(hidden), ...lines].join("\n"),
      json: { ...statusJson(found), hidden, ...(flags.changes === true ? { changes } : {}) },
    };
  });
}

function statusJson({ name, roles, bins, delegations, signing, lastPublishedAt, ...rest }: RepositoryStatus): object {
  return {
    name,
    roles: roles.map(({ expiresAt, ...role }) => ({ ...role, expires: time(expiresAt) })),
    bins: { ...bins, expiresAt: undefined, expires: time(bins.expiresAt) },
    delegations: delegations.map(delegationJson),
    ...rest,
    lastPublished: time(lastPublishedAt),
    signing: signing === undefined ? null : signingJson(signing),
  };
}

function time(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}
