import type { ContainerModuleLoadOptions } from "inversify";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import type { DistinctionOptions } from "./distinction-options.js";
import { TOKENS } from "./tokens.js";

/** The database, the clock, and what every repository needs of them. */
export function bindPersistence({ bind }: ContainerModuleLoadOptions, options: DistinctionOptions): void {
  const { clock = systemClock, random = Math.random, retry = {}, observer, actor } = options;
  bind(TOKENS.Clock).toConstantValue(clock);
  bind(TOKENS.RepositoryEnvironment).toConstantValue({ clock, random, retry, observer, actor });
  bind(TOKENS.Database)
    .toResolvedValue(() => openDatabase(options.database, { schema: "migrate", ...options, clock, random }))
    .inSingletonScope()
    .onDeactivation((database) => database.close());
  bind(TOKENS.History)
    .toResolvedValue((database) => new SqlHistory(database), [TOKENS.Database])
    .inSingletonScope();
  bind(TOKENS.UnitOfWork)
    .toResolvedValue(
      (database, environment) => new SqlUnitOfWork(database, environment),
      [TOKENS.Database, TOKENS.RepositoryEnvironment],
    )
    .inSingletonScope();
}
