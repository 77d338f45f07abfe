import { randomUUID } from "node:crypto";
import type { ContainerModuleLoadOptions } from "inversify";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { DistinctImageFactory } from "../../domain/image/image-factory.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history-record-store.js";
import { imageTable } from "../../infrastructure/persistence/image-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";
import type { DistinctionOptions } from "./distinction-options.js";
import { TOKENS } from "./tokens.js";

/** Images: the distinction layer directly on the store. */
export function bindImages({ bind }: ContainerModuleLoadOptions, options: DistinctionOptions): void {
  const { newId = randomUUID, history = false } = options;
  bind(TOKENS.ImageFactory)
    .toResolvedValue((clock) => new DistinctImageFactory(clock, newId), [TOKENS.Clock])
    .inSingletonScope();
  bind(TOKENS.ImageRepository)
    .toResolvedValue(
      (database, environment) => {
        const store = history
          ? new HistoryRecordStore(database, imageTable, environment)
          : new SqlRecordStore(database, imageTable);
        return new DistinctImageRepository(store, environment);
      },
      [TOKENS.Database, TOKENS.RepositoryEnvironment],
    )
    .inSingletonScope();
}
