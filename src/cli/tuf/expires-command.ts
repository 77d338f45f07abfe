import { Argument, type Command } from "commander";
import { answer, type Answer } from "./answer.js";
import { shortDuration } from "./arguments.js";
import { type Lifetimes, ROLES, withExpiry } from "./expiry-option.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";
import { table } from "./table.js";

export function addExpires(tuf: Command): void {
  withRepositoryOptions(tuf.command("expires"))
    .description("how long metadata is good, by role; or another time, from its next version on")
    .addArgument(
      new Argument("[role=time...]", "timestamp=12h, or with when it is renewed, timestamp=12h,4h")
        .argParser(withExpiry)
        .default({}, "no change"),
    )
    .action((changes: Lifetimes, flags: RepositoryFlags) => answer("expires", flags, () => expires(changes, flags)));
}

async function expires(changes: Lifetimes, flags: RepositoryFlags): Promise<Answer> {
  const policy = await withRepository(flags, (tuf) => tuf.changeExpiry(changes));
  const rows = ROLES.map((role) => {
    const { lifetime, renewBefore } = policy[role];
    return [role, shortDuration(lifetime), shortDuration(renewBefore)];
  });
  return { text: table(["role", "is good for", "is renewed with this left"], rows), json: { expiry: policy } };
}
