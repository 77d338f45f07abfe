import type { Command } from "commander";
import {
  type PublishOnlyReport,
  type PublishReport,
  UnsignedRolesError,
} from "../../application/tuf/publish/publish-tuf-repository.js";
import type { RepositoryStatus } from "../../application/tuf/tuf-repository-status.js";
import type { TufRepositoryService } from "../../application/tuf/tuf-repository-service.js";
import { distinctFailures } from "../../application/tuf/trust/key-failure.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { duration } from "./arguments.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";
import { failureText } from "./signing-text.js";

export function addPublish(tuf: Command): void {
  withRepositoryOptions(tuf.command("publish"))
    .description("make what is accepted visible to clients; completes what an interrupted publish left, too")
    .argument("[path...]", "only the changes of these targets; all where none is named")
    .action((paths: readonly string[], flags: RepositoryFlags) =>
      answer("publish", flags, () =>
        shown(flags, unsignedFiles, (tuf) => (paths.length === 0 ? tuf.publish() : tuf.publishOnly(paths))),
      ),
    );
}

interface BumpFlags extends RepositoryFlags {
  readonly within?: number;
}

export function addBump(tuf: Command): void {
  withRepositoryOptions(tuf.command("bump"))
    .description("renew metadata that expires soon; run it daily")
    .option("--within <time>", "renew what expires within this: 30d, 12h; by the policy where none is given", duration)
    .action((flags: BumpFlags) =>
      answer("bump", flags, () =>
        shown(
          flags,
          () => undefined,
          (tuf) => renewed(tuf, flags.within),
        ),
      ),
    );
}

const ROLES_PER_STEP = 256;

async function renewed(tuf: TufRepositoryService, within: number | undefined): Promise<PublishReport> {
  const rolesSigned: PublishReport["rolesSigned"][number][] = [];
  const filesWritten: string[] = [];
  let keyFailures: PublishReport["keyFailures"] = [];
  let committed: PublishReport["committed"] = "nothing";
  const unsigned: UnsignedRolesError[] = [];
  for (;;) {
    const step = await tuf.renew({ within, limit: ROLES_PER_STEP }).catch((error: unknown) => {
      if (!(error instanceof UnsignedRolesError)) throw error;
      unsigned.push(error); // these roles hold up no others
      return error.report;
    });
    rolesSigned.push(...step.rolesSigned);
    filesWritten.push(...step.filesWritten);
    keyFailures = distinctFailures(keyFailures, step.keyFailures);
    if (step.committed !== "nothing") committed = step.committed;
    if (step.rolesSigned.length >= ROLES_PER_STEP) continue;
    if (unsigned[0] !== undefined) throw unsigned[0];
    return { ...step, rolesSigned, filesWritten, keyFailures, committed };
  }
}

/** Each of them is signed and stored. */
function unsignedFiles({ bins }: RepositoryStatus): number {
  return 2 * bins.unsigned;
}

/** @param expected files, `undefined` where nobody knows before */
async function shown(
  flags: RepositoryFlags,
  expected: (status: RepositoryStatus) => number | undefined,
  work: (tuf: TufRepositoryService) => Promise<PublishReport & Partial<PublishOnlyReport>>,
): Promise<Answer> {
  let bar: Progress | undefined;
  const report = await withRepository(
    flags,
    async (tuf) => {
      bar = new Progress("sign and publish", expected(await tuf.status()), {
        output: process.stderr,
        leaves: "nothing",
      });
      return work(tuf).finally(() => bar?.stop());
    },
    () => bar?.advance(),
  );
  const { rolesSigned, awaiting, keyFailures, committed, filesWritten, unchanged } = report;
  const { snapshotVersion, timestampVersion } = report;
  const isIdle = committed === "nothing" && filesWritten.length === 0;
  const done = isIdle ? "nothing to do" : `roles signed: ${rolesSigned.length}`;
  const text = [
    `${done}; published are snapshot ${snapshotVersion} and timestamp ${timestampVersion}`,
    ...(unchanged ?? []).map((path) => `nothing of ${path} is unpublished`),
    ...awaiting.map((role) => `role ${role} awaits signatures: distinction tuf sign --role ${role}`),
    ...keyFailures.map(failureText),
  ].join("\n");
  const json = { rolesSigned, awaiting, keyFailures, committed, snapshotVersion, timestampVersion, filesWritten };
  return { text, json: unchanged === undefined ? json : { ...json, unchanged } };
}
