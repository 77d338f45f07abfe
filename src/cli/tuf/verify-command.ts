import type { Command } from "commander";
import type { TufRepositoryService } from "../../application/tuf/tuf-repository-service.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { type RepositoryFlags, withNewRepository, withRepository, withRepositoryOptions } from "./open-repository.js";
import { isStoredAs } from "./target-files.js";

interface VerifyFlags extends RepositoryFlags {
  readonly targets?: string;
  readonly repair?: boolean;
  readonly againstDatabase?: boolean;
}

export function addVerify(tuf: Command): void {
  withRepositoryOptions(tuf.command("verify"))
    .description("read the published files as a client does that wants everything; needs neither database nor keys")
    .option("--targets <directory>", "check that each target is there, as published, too")
    .option("--against-database", "first compare every file that is current with the database")
    .option("--repair", "first put back what storage lost or damaged, from the database")
    .action((flags: VerifyFlags) =>
      answer("verify", flags, () => {
        const open = flags.repair === true || flags.againstDatabase === true ? withRepository : withNewRepository;
        return open(flags, (repository) => verify(repository, flags));
      }),
    );
}

const SHOWN = 10;

async function verify(tuf: TufRepositoryService, flags: VerifyFlags): Promise<Answer> {
  const { targets: directory, repair, againstDatabase } = flags;
  const restored = repair === true ? await tuf.repair() : undefined;
  const damaged = againstDatabase === true ? await tuf.damaged() : undefined;
  if (damaged !== undefined && damaged.length > 0) {
    return { text: `not as in the database: ${listed(damaged)}`, json: { damaged }, exitCode: 1 };
  }
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
    ...(damaged === undefined ? [] : ["all that is current is as in the database"]),
    ...(restored === undefined ? [] : [`put back from the database: ${listed(restored)}`]),
    `root ${rootVersion}, timestamp ${timestampVersion}, snapshot ${snapshotVersion}, ${roles}${bins} bins, ${targets} targets: verified`,
    ...(hidden === 0 ? [] : [`hidden from clients by roles that they ask first: ${hidden} targets; add them again`]),
    ...wrong.slice(0, SHOWN).map((path) => `not as published: ${path}`),
    ...(wrong.length > SHOWN ? [`not as published: ${wrong.length - SHOWN} more`] : []),
  ];
  const json = {
    ...report,
    ...(directory === undefined ? {} : { wrongTargets: wrong }),
    ...(restored === undefined ? {} : { restored }),
    ...(damaged === undefined ? {} : { damaged }),
  };
  return { text: lines.join("\n"), json, exitCode: wrong.length === 0 ? 0 : 1 };
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  return names.slice(0, SHOWN).join(", ") + (names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "");
}
