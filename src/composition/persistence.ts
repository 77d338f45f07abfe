import type { RepositoryEnvironment } from "../../domain/distinction/repository-environment.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import type { DistinctionOptions } from "./distinction-options.js";

/** The clock, chance, retries and observer that every repository gets. */
export function environmentOf(options: DistinctionOptions): RepositoryEnvironment {
  const { clock = systemClock, random = Math.random, retry = {}, observer, actor } = options;
  return { clock, random, retry, observer, actor };
}

/** @throws DistinctionError `INVALID_DATABASE_URL` */
export function databaseOf(options: DistinctionOptions, { clock, random }: RepositoryEnvironment): Database {
  return openDatabase(options.database, { schema: "migrate", ...options, clock, random });
}
