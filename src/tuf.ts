/** TUF repositories: the service to embed, and the ports behind it. */
export { DistinctTargetEdits } from "../domain/tuf/distinct-target-edits.js";
export { InvalidTargetsError, TUF_ERROR_CODES, TufError, type TufErrorCode } from "../domain/tuf/errors.js";
export { DEFAULT_EXPIRY, type ExpiryPolicy } from "../domain/tuf/expiry.js";
export type { KeyStore } from "../domain/tuf/key-store.js";
export type { MetadataFiles } from "../domain/tuf/metadata-files.js";
export type { Signer } from "../domain/tuf/signer.js";
export type { Target } from "../domain/tuf/target.js";
export type { TargetEdits } from "../domain/tuf/target-edits.js";
export type { TufStore } from "../domain/tuf/tuf-store.js";
export { SqlTufStore } from "../infrastructure/persistence/sql-tuf-store.js";
export { Ed25519Signer } from "../infrastructure/signing/ed25519-signer.js";
export { Ed25519Verifier } from "../infrastructure/signing/ed25519-verifier.js";
export { KeyFiles } from "../infrastructure/signing/key-files.js";
export { DirectoryMetadataFiles } from "../infrastructure/storage/directory-metadata-files.js";
export { JsonMetadataCodec } from "../infrastructure/wire/json-metadata-codec.js";
export { TufRepositoryService, type TufPorts } from "./application/tuf-repository-service.js";
export type { PublishReport } from "./application/publish-tuf-repository.js";
export type { PublishedTarget, VerifyReport } from "./application/verify-tuf-repository.js";
