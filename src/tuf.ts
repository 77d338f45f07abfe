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
export type { DelegationRequest } from "./application/tuf/delegations/add-delegation.js";
export { addRootSignature } from "./application/tuf/trust/add-root-signature.js";
export { beginRootCeremony, type CeremonyRequest } from "./application/tuf/creation/begin-root-ceremony.js";
export { cancelSigningEvent } from "./application/tuf/trust/cancel-signing-event.js";
export { changeBinsTrust } from "./application/tuf/trust/change-bins-trust.js";
export type { DelegationSigning, SignDelegationReport } from "./application/tuf/delegations/delegation-signing.js";
export type { DelegationStatus } from "./application/tuf/delegations/delegation-status.js";
export type { HiddenTargets } from "./application/tuf/delegations/hidden-targets.js";
export {
  importTufRepository,
  type ImportPorts,
  type ImportReport,
  type ImportRequest,
} from "./application/tuf/import/import-tuf-repository.js";
export { installRoot } from "./application/tuf/trust/install-root.js";
export type { CreateRequest, RoleKeys } from "./application/tuf/creation/new-repository.js";
export { changeTrust, type TrustPorts } from "./application/tuf/trust/change-trust.js";
export type { KeyFailure } from "./application/tuf/trust/key-failure.js";
export type { ListedKey } from "./application/tuf/trust/list-keys.js";
export { proposeRoot, type RootProposal } from "./application/tuf/trust/propose-root.js";
export { revokeKey, type RevokeReport } from "./application/tuf/trust/revoke-key.js";
export { rotateKey } from "./application/tuf/trust/rotate-key.js";
export { signPayload, type SignedPayload } from "./application/tuf/trust/sign-payload.js";
export { signRoot, type SignRootReport } from "./application/tuf/trust/sign-root.js";
export { signingStatus, type SigningPorts, type SigningStatus } from "./application/tuf/trust/signing-status.js";
export { TufDelegationService } from "./application/tuf/tuf-delegation-service.js";
export { TufTrustService } from "./application/tuf/tuf-trust-service.js";
export type { BinsStatus, RepositoryStatus, RoleStatus } from "./application/tuf/tuf-repository-status.js";
export { TufRepositoryService, type TufPorts } from "./application/tuf/tuf-repository-service.js";
export type { TargetList } from "./application/tuf/targets/add-target-list.js";
export type { PruneOptions } from "./application/tuf/publish/prune-tuf-repository.js";
export {
  type PublishOnlyReport,
  type PublishReport,
  type RenewOptions,
  UnsignedRolesError,
} from "./application/tuf/publish/publish-tuf-repository.js";
export type { UnpublishedTarget } from "./application/tuf/targets/unpublished-targets.js";
export type { PublishedTarget, VerifyReport } from "./application/tuf/verify-tuf-repository.js";
export { readPublicKey, tufKeys } from "./composition/tuf-keys.js";
