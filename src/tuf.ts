/** TUF repositories: the service to embed, and the ports behind it. */
export { CoalescedTargetEdits } from "../domain/tuf/coalesced-edits.js";
export type { CustomRole } from "../domain/tuf/custom-role.js";
export type { Alteration } from "../domain/tuf/delegation-change.js";
export { InvalidTargetsError, TUF_ERROR_CODES, TufError, type TufErrorCode } from "../domain/tuf/errors.js";
export { DEFAULT_EXPIRY, type ExpiryPolicy } from "../domain/tuf/expiry.js";
export type { ForeignFiles } from "../domain/tuf/foreign-files.js";
export type { KeyScheme, TufKey } from "../domain/tuf/key.js";
export type { KeyStore, SignerSource } from "../domain/tuf/key-store.js";
export type { MetadataFiles, NamedFile } from "../domain/tuf/metadata-files.js";
export type { Signer } from "../domain/tuf/signer.js";
export type { Target } from "../domain/tuf/target.js";
export type { BinEdits, TargetEdit, TargetEdits } from "../domain/tuf/target-edits.js";
export { replaceKey, type TrustChange } from "../domain/tuf/trust-change.js";
export type { TrustStore } from "../domain/tuf/trust-store.js";
export type { TufStore } from "../domain/tuf/tuf-store.js";
export { SqlTargetEdits } from "../infrastructure/persistence/tuf/sql-target-edits.js";
export { SqlTrustStore } from "../infrastructure/persistence/tuf/sql-trust-store.js";
export { SqlTufStore } from "../infrastructure/persistence/tuf/sql-tuf-store.js";
export { EnvironmentKeys, type EnvironmentKeysOptions } from "../infrastructure/signing/environment-keys.js";
export { KeyChain } from "../infrastructure/signing/key-chain.js";
export { KeyFiles, type KeyFilesOptions } from "../infrastructure/signing/key-files.js";
export { LocalSigner } from "../infrastructure/signing/local-signer.js";
export { RemoteKeys } from "../infrastructure/signing/remote-keys.js";
export { SchemeVerifier } from "../infrastructure/signing/scheme-verifier.js";
export type { SigningServiceOptions } from "../infrastructure/signing/signing-service.js";
export { DirectoryMetadataFiles } from "../infrastructure/storage/directory-metadata-files.js";
export { ForeignDirectory } from "../infrastructure/storage/foreign-directory.js";
export { JsonMetadataCodec } from "../infrastructure/wire/json-metadata-codec.js";
export type { DelegationRequest } from "./application/add-delegation.js";
export { addRootSignature } from "./application/add-root-signature.js";
export { beginRootCeremony, type CeremonyRequest } from "./application/begin-root-ceremony.js";
export { cancelSigningEvent } from "./application/cancel-signing-event.js";
export { changeBinsTrust } from "./application/change-bins-trust.js";
export type { DelegationSigning, SignDelegationReport } from "./application/delegation-signing.js";
export type { DelegationStatus } from "./application/delegation-status.js";
export type { HiddenTargets } from "./application/hidden-targets.js";
export {
  importTufRepository,
  type ImportPorts,
  type ImportReport,
  type ImportRequest,
} from "./application/import-tuf-repository.js";
export { installRoot } from "./application/install-root.js";
export type { CreateRequest, RoleKeys } from "./application/new-repository.js";
export { changeTrust, type TrustPorts } from "./application/change-trust.js";
export type { ListedKey } from "./application/list-keys.js";
export { proposeRoot, type RootProposal } from "./application/propose-root.js";
export { revokeKey, type RevokeReport } from "./application/revoke-key.js";
export { rotateKey } from "./application/rotate-key.js";
export { signPayload, type SignedPayload } from "./application/sign-payload.js";
export { signRoot, type SignRootReport } from "./application/sign-root.js";
export { signingStatus, type SigningPorts, type SigningStatus } from "./application/signing-status.js";
export { TufDelegationService } from "./application/tuf-delegation-service.js";
export { TufTrustService } from "./application/tuf-trust-service.js";
export type { BinsStatus, RepositoryStatus, RoleStatus } from "./application/tuf-repository-status.js";
export { TufRepositoryService, type TufPorts } from "./application/tuf-repository-service.js";
export type { TargetList } from "./application/add-target-list.js";
export type { PruneOptions } from "./application/prune-tuf-repository.js";
export type { PublishReport, RenewOptions } from "./application/publish-tuf-repository.js";
export type { UnpublishedTarget } from "./application/unpublished-targets.js";
export type { PublishedTarget, VerifyReport } from "./application/verify-tuf-repository.js";
export { readPublicKey, tufKeys } from "./composition/tuf-keys.js";
