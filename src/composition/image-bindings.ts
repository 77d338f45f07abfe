import { randomUUID } from "node:crypto";
import type { ContainerModuleLoadOptions } from "inversify";
import { ImageGateway } from "../../domain/image/image-gateway.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlImageUpkeep } from "../../infrastructure/persistence/images/sql-image-upkeep.js";
import { SqlMemberStore } from "../../infrastructure/persistence/images/sql-member-store.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import type { DistinctionOptions } from "./distinction-options.js";
import { TOKENS } from "./tokens.js";

/** Images: the distinction layer directly on the stores, the service's own layers around it. */
export function bindImages({ bind }: ContainerModuleLoadOptions, options: DistinctionOptions): void {
  const { newId = randomUUID, history = false, images: gatewayOptions = {} } = options;
  bind(TOKENS.ImageGateway)
    .toResolvedValue(
      (database, environment) => {
        const images = history
          ? new HistoryRecordStore(database, imageTable, environment)
          : new SqlRecordStore(database, imageTable);
        const stores = { images, members: SqlMemberStore.of(database) };
        return new ImageGateway(stores, { ...environment, newId }, gatewayOptions);
      },
      [TOKENS.Database, TOKENS.RepositoryEnvironment],
    )
    .inSingletonScope();
  bind(TOKENS.ImageFactory)
    .toResolvedValue(({ factory }) => factory, [TOKENS.ImageGateway])
    .inSingletonScope();
  bind(TOKENS.ImageRepository)
    .toResolvedValue(({ images }) => images, [TOKENS.ImageGateway])
    .inSingletonScope();
  bind(TOKENS.ImageUpkeep)
    .toResolvedValue((database) => new SqlImageUpkeep(database), [TOKENS.Database])
    .inSingletonScope();
  bind(TOKENS.ImageMemberRepository)
    .toResolvedValue(({ members }) => members, [TOKENS.ImageGateway])
    .inSingletonScope();
}
