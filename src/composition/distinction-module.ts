import { ContainerModule, type ContainerModuleLoadOptions } from "inversify";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { SqlImageUpkeep } from "../../infrastructure/persistence/images/sql-image-upkeep.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { requireDistinctionOptions, type DistinctionOptions, type TufOptions } from "./distinction-options.js";
import { imageGateway } from "./image-services.js";
import { databaseOf, environmentOf } from "./persistence.js";
import { TOKENS } from "./tokens.js";
import { tufService } from "./tuf-service.js";

/**
 * The inversify module that binds `TOKENS`. Everything is a singleton and lazy: nothing connects before the first use,
 * and `await container.unloadAsync(module)` closes the database.
 *
 * @throws InvalidValueError where an option is none, of another kind, or missing
 * @throws DistinctionError `INVALID_DATABASE_URL` when the database is resolved
 */
export function distinctionModule(options: DistinctionOptions): ContainerModule {
  requireDistinctionOptions(options);
  return new ContainerModule((load) => {
    bindPersistence(load, options);
    bindImages(load, options);
    if (options.tuf !== undefined) bindTuf(load, options.tuf);
  });
}

/** The database, the clock, and what every repository needs of them. */
function bindPersistence({ bind }: ContainerModuleLoadOptions, options: DistinctionOptions): void {
  const environment = environmentOf(options);
  bind(TOKENS.Clock).toConstantValue(environment.clock);
  bind(TOKENS.RepositoryEnvironment).toConstantValue(environment);
  bind(TOKENS.Database)
    .toResolvedValue(() => databaseOf(options, environment))
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

function bindImages({ bind }: ContainerModuleLoadOptions, options: DistinctionOptions): void {
  bind(TOKENS.ImageGateway)
    .toResolvedValue(
      (database, environment) => imageGateway(options, database, environment),
      [TOKENS.Database, TOKENS.RepositoryEnvironment],
    )
    .inSingletonScope();
  bind(TOKENS.ImageFactory)
    .toResolvedValue(({ factory }) => factory, [TOKENS.ImageGateway])
    .inSingletonScope();
  bind(TOKENS.ImageRepository)
    .toResolvedValue(({ images }) => images, [TOKENS.ImageGateway])
    .inSingletonScope();
  bind(TOKENS.ImageMemberRepository)
    .toResolvedValue(({ members }) => members, [TOKENS.ImageGateway])
    .inSingletonScope();
  bind(TOKENS.ImageUpkeep)
    .toResolvedValue((database) => new SqlImageUpkeep(database), [TOKENS.Database])
    .inSingletonScope();
}

function bindTuf({ bind }: ContainerModuleLoadOptions, options: TufOptions): void {
  bind(TOKENS.TufRepository)
    .toResolvedValue(
      (database, environment) => tufService(options, database, environment),
      [TOKENS.Database, TOKENS.RepositoryEnvironment],
    )
    .inSingletonScope();
}
