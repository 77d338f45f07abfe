import type { ContainerModuleLoadOptions } from "inversify";
import { DistinctTargetEdits } from "../../domain/tuf/distinct-target-edits.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";
import { SqlTufStore } from "../../infrastructure/persistence/sql-tuf-store.js";
import { binTable } from "../../infrastructure/persistence/tuf-tables.js";
import { Ed25519Verifier } from "../../infrastructure/signing/ed25519-verifier.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { TufRepositoryService } from "../application/tuf-repository-service.js";
import type { TufOptions } from "./distinction-options.js";
import { TOKENS } from "./tokens.js";

/** One TUF repository: its rows in the database, its keys and its published files in directories. */
export function bindTuf({ bind }: ContainerModuleLoadOptions, { name = "default", storage, keys }: TufOptions): void {
  bind(TOKENS.TufRepository)
    .toResolvedValue(
      (database, environment) => {
        const codec = new JsonMetadataCodec();
        const ports = {
          store: new SqlTufStore(database),
          edits: new DistinctTargetEdits(new SqlRecordStore(database, binTable), environment),
          files: new DirectoryMetadataFiles(storage),
          keys: new KeyFiles(keys, codec),
          codec,
          verifier: new Ed25519Verifier(),
          clock: environment.clock,
          random: environment.random,
        };
        return new TufRepositoryService(ports, name);
      },
      [TOKENS.Database, TOKENS.RepositoryEnvironment],
    )
    .inSingletonScope();
}
