import { type Command, Option } from "commander";
import type { TufRepositoryService } from "../../application/tuf/tuf-repository-service.js";
import type { TufOptions } from "../../composition/distinction-options.js";
import { missingDatabaseFile } from "../database-file.js";
import { type KeyFlags, keyOptions, withKeyOptions } from "./key-options.js";

export interface RepositoryFlags extends KeyFlags {
  readonly database: string;
  readonly storage: string;
  readonly name: string;
  readonly json?: boolean;
}

class NoDatabaseError extends Error {
  readonly code = "REPOSITORY_NOT_FOUND";
}

export function withRepositoryOptions(command: Command): Command {
  command
    .addOption(
      new Option("--database <url>", "mysql://…, mariadb://… or sqlite:file; a URL with a password: in the variable")
        .default("sqlite:tuf.db")
        .env("DISTINCTION_DATABASE"),
    )
    .addOption(
      new Option("--storage <place>", "the published metadata: a directory, or s3://bucket/prefix")
        .default("public/metadata")
        .env("DISTINCTION_TUF_STORAGE"),
    )
    .addOption(
      new Option("--name <name>", "of the repository in the database").default("default").env("DISTINCTION_TUF_NAME"),
    );
  return withKeyOptions(command).option("--json", "answer with one JSON document");
}

/** Opens the repository, creating its database where there is none, and closes it after `work`. */
export async function withNewRepository<T>(
  flags: RepositoryFlags,
  work: (tuf: TufRepositoryService) => Promise<T>,
  onStep?: TufOptions["onStep"],
): Promise<T> {
  const { database, storage, name } = flags;
  const tuf = { name, storage, keys: keyOptions(flags), ...(onStep && { onStep }) };
  // Loaded only here: help and refusals of what was typed answer at once.
  const { openDistinction } = await import("../../composition/open-distinction.js");
  const distinction = openDistinction({ database, tuf });
  try {
    return await work(distinction.tuf);
  } finally {
    await distinction.close();
  }
}

/** As `withNewRepository`, but an embedded database must be there: a command in the wrong directory leaves nothing. */
export async function withRepository<T>(
  flags: RepositoryFlags,
  work: (tuf: TufRepositoryService) => Promise<T>,
  onStep?: TufOptions["onStep"],
): Promise<T> {
  const file = await missingDatabaseFile(flags.database);
  if (file !== undefined) {
    throw new NoDatabaseError(`there is no database ${file}: run "distinction tuf init", or name it with --database`);
  }
  return withNewRepository(flags, work, onStep);
}
