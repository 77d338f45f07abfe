import { randomUUID } from "node:crypto";
import type { ContainerModuleLoadOptions } from "inversify";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { DistinctImageFactory } from "../../domain/image/image-factory.js";
import { imageTable } from "../../infrastructure/persistence/image-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";
import type { DistinctionOptions } from "./distinction-options.js";
import { TOKENS } from "./tokens.js";

/** Images: the distinction layer directly on the store. */
export function bindImages({ bind }: ContainerModuleLoadOptions, { newId = randomUUID }: DistinctionOptions): void {
  bind(TOKENS.ImageFactory)
    .toResolvedValue((clock) => new DistinctImageFactory(clock, newId), [TOKENS.Clock])
    .inSingletonScope();
  bind(TOKENS.ImageRepository)
    .toResolvedValue(
      (database, environment) => new DistinctImageRepository(new SqlRecordStore(database, imageTable), environment),
      [TOKENS.Database, TOKENS.RepositoryEnvironment],
    )
    .inSingletonScope();
}
