import type { Command } from "commander";
import type { TufRepositoryService } from "../../application/tuf-repository-service.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { type RepositoryFlags, withNewRepository, withRepositoryOptions } from "./open-repository.js";
import { isStoredAs } from "./target-files.js";

interface VerifyFlags extends RepositoryFlags {
  readonly targets?: string;
}

export function addVerify(tuf: Command): void {
  withRepositoryOptions(tuf.command("verify"))
    .description("read the published files as a client does that wants everything; needs neither database nor keys")
    .option("--targets <directory>", "check that each target is there, as published, too")
    .action((flags: VerifyFlags) =>
      answer("verify", flags, () => withNewRepository(flags, (repository) => verify(repository, flags))),
    );
}

const SHOWN = 10;

async function verify(tuf: TufRepositoryService, { targets: directory }: VerifyFlags): Promise<Answer> {
  const wrong: string[] = [];
  const walk = tuf.verify();
  const report = await Progress.during("verify targets", undefined, async (bar) => {
    for (;;) {
      const step = await walk.next();
      if (step.done === true) return step.value;
      const { path, target } = step.value;
      if (directory !== undefined && !(await isStoredAs(directory, path, target))) wrong.push(path);
      bar.advance();
    }
  });
  const { rootVersion, snapshotVersion, timestampVersion, bins, customRoles, targets, hidden } = report;
  const roles = customRoles === 0 ? "" : `${customRoles} custom roles, `;
  const lines = [
    `root ${rootVersion}, timestamp ${timestampVersion}, snapshot ${snapshotVersion}, ${roles}${bins} bins, ${targets} targets: verified`,
    ...(hidden === 0 ? [] : [`hidden from clients by roles that they ask first: ${hidden} targets; add them again`]),
    ...wrong.slice(0, SHOWN).map((path) => `not as published: ${path}`),
    ...(wrong.length > SHOWN ? [`not as published: ${wrong.length - SHOWN} more`] : []),
  ];
  const json = directory === undefined ? report : { ...report, wrongTargets: wrong };
  return { text: lines.join("\n"), json, exitCode: wrong.length === 0 ? 0 : 1 };
}
