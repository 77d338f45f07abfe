import { requireOptions } from "../../../domain/distinction/arguments.js";
import type { KeyScheme, TufKey } from "../../../domain/tuf/key.js";
import { keyIdOf } from "../../../domain/tuf/key-id.js";
import type { Signature } from "../../../domain/tuf/metadata-document.js";
import type { Signer } from "../../../domain/tuf/signer.js";
import type { TrustChange } from "../../../domain/tuf/trust-change.js";
import { addRootSignature } from "./trust/add-root-signature.js";
import { beginRootCeremony, type CeremonyRequest } from "./creation/begin-root-ceremony.js";
import { cancelSigningEvent } from "./trust/cancel-signing-event.js";
import { CEREMONY_REQUEST, ROOT_PROPOSAL } from "./service-options.js";
import { changeTrust, type TrustPorts } from "./trust/change-trust.js";
import type { CreatePorts } from "./creation/create-tuf-repository.js";
import { existingRepository } from "./existing-repository.js";
import { installRoot } from "./trust/install-root.js";
import { listKeys, type ListedKey } from "./trust/list-keys.js";
import { proposeRoot, type RootProposal } from "./trust/propose-root.js";
import { revokeKey, type RevokeReport, rolesOf } from "./trust/revoke-key.js";
import { rotateKey } from "./trust/rotate-key.js";
import { signRoot, type SignRootReport } from "./trust/sign-root.js";
import { signingStatus, type SigningStatus } from "./trust/signing-status.js";

type PublicKey = Pick<Signer, "keyId" | "publicKey">;

/**
 * Who signs what in one TUF repository: its ceremonies and its keys. What changes is published by the next publish. Options are
 * checked as those of `TufRepositoryService` are.
 */
export class TufTrustService {
  constructor(
    private readonly ports: CreatePorts & TrustPorts,
    readonly name: string,
  ) {}

  /** Creates the repository with a root that people sign. See `beginRootCeremony`. */
  async beginCeremony(request: Omit<CeremonyRequest, "name">): Promise<SigningStatus> {
    requireOptions("tuf.trust.beginCeremony", CEREMONY_REQUEST, request);
    return beginRootCeremony(this.ports, { ...request, name: this.name });
  }

  /** The root that awaits signatures, or event `number`. See `signingStatus`. */
  signing(number?: number): Promise<SigningStatus> {
    return signingStatus(this.ports, this.name, number);
  }

  /** Proposes the next root, as it is or with changes. See `proposeRoot`. */
  async propose(proposal: RootProposal = {}): Promise<SigningStatus> {
    requireOptions("tuf.trust.propose", ROOT_PROPOSAL, proposal);
    return proposeRoot(this.ports, this.name, proposal);
  }

  /** Signs the root that awaits signatures with keys at hand. See `signRoot`. */
  sign(keyIds?: readonly string[]): Promise<SignRootReport> {
    return signRoot(this.ports, this.name, keyIds);
  }

  /** Adds a signature that was made elsewhere. See `addRootSignature`. */
  addSignature(number: number, signature: Signature): Promise<SigningStatus> {
    return addRootSignature(this.ports, this.name, number, signature);
  }

  /** Gives up a root that awaits signatures. See `cancelSigningEvent`. */
  cancel(number: number): Promise<void> {
    return cancelSigningEvent(this.ports, this.name, number);
  }

  /** Takes over a root that other tools made and people signed. See `installRoot`. */
  install(bytes: Uint8Array): Promise<number> {
    return installRoot(this.ports, this.name, bytes);
  }

  /** Changes who signs what. See `changeTrust`. */
  change(changes: readonly TrustChange[]): Promise<SigningStatus | undefined> {
    return changeTrust(this.ports, this.name, changes);
  }

  /** Has another key speak for a role, too. See `changeTrust`. */
  addKey(role: string, key: TufKey): Promise<SigningStatus | undefined> {
    return this.change([{ change: "add-key", role, keyId: keyIdOf(key, this.ports.codec), key }]);
  }

  /** Has one key speak in the place of another. See `rotateKey`. */
  rotate(role: string, next: PublicKey, former?: string): Promise<SigningStatus | undefined> {
    return rotateKey(this.ports, this.name, role, next, former);
  }

  /**
   * Takes a key out of every role, for ever. See `revokeKey`.
   * @param next a key that takes its place in every role
   */
  async revoke(keyId: string, next?: PublicKey): Promise<RevokeReport> {
    const { trust } = await existingRepository(this.ports.store, this.name);
    const replacements = rolesOf(trust, keyId).flatMap((role): TrustChange[] =>
      next === undefined ? [] : [{ change: "add-key", role, keyId: next.keyId, key: next.publicKey }],
    );
    return revokeKey(this.ports, this.name, keyId, replacements);
  }

  /** Every key with its roles, and whether it is at hand. See `listKeys`. */
  keys(): Promise<readonly ListedKey[]> {
    return listKeys(this.ports, this.name);
  }

  /** Makes a key and keeps its private half. */
  generateKey(scheme?: KeyScheme): Promise<Signer> {
    return this.ports.keys.generate(scheme);
  }
}
