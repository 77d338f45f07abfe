import type { RepositoryEnvironment } from "../../domain/distinction/repository-environment.js";
import { CoalescedTargetEdits } from "../../domain/tuf/coalesced-edits.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlTargetEdits } from "../../infrastructure/persistence/tuf/sql-target-edits.js";
import { SqlTufStore } from "../../infrastructure/persistence/tuf/sql-tuf-store.js";
import { SqlTrustStore } from "../../infrastructure/persistence/tuf/sql-trust-store.js";
import { SchemeVerifier } from "../../infrastructure/signing/scheme-verifier.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { TufRepositoryService } from "../application/tuf/tuf-repository-service.js";
import type { TufOptions } from "./distinction-options.js";
import { tufKeys } from "./tuf-keys.js";
import { countedFiles, countedKeys } from "./tuf-steps.js";
import { tufStorage } from "./tuf-storage.js";

/** One TUF repository: its rows in the database, its published files in a directory, its keys where the options say. */
export function tufService(
  options: TufOptions,
  database: Database,
  { clock, random }: RepositoryEnvironment,
): TufRepositoryService {
  const { name = "default", storage, keys, onStep = () => undefined } = options;
  const ports = {
    store: new SqlTufStore(database),
    trust: new SqlTrustStore(database),
    edits: new CoalescedTargetEdits(new SqlTargetEdits(database)),
    files: countedFiles(tufStorage(storage, clock), onStep),
    keys: countedKeys(tufKeys(keys), onStep),
    codec: new JsonMetadataCodec(),
    verifier: new SchemeVerifier(),
    clock,
    random,
  };
  return new TufRepositoryService(ports, name);
}
