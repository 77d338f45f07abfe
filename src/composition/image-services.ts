import { randomUUID } from "node:crypto";
import type { RepositoryEnvironment } from "../../domain/distinction/repository-environment.js";
import { ImageGateway } from "../../domain/image/image-gateway.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlMemberStore } from "../../infrastructure/persistence/images/sql-member-store.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import type { DistinctionOptions } from "./distinction-options.js";

/** Images: the distinction layer directly on the stores, the service's own layers around it. */
export function imageGateway(
  options: DistinctionOptions,
  database: Database,
  environment: RepositoryEnvironment,
): ImageGateway {
  const { newId = randomUUID, history = false, images: gatewayOptions = {} } = options;
  const images = history
    ? new HistoryRecordStore(database, imageTable, environment)
    : new SqlRecordStore(database, imageTable);
  const stores = { images, members: SqlMemberStore.of(database) };
  return new ImageGateway(stores, { ...environment, newId }, gatewayOptions);
}
