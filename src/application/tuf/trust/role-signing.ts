import { roleAbove } from "../../../../domain/tuf/custom-role.js";
import { TufError } from "../../../../domain/tuf/errors.js";
import { toHex } from "../../../../domain/tuf/hex.js";
import type { SignerSource } from "../../../../domain/tuf/key-store.js";
import { type Edition, snapshotEnvelope } from "../../../../domain/tuf/metadata-builders.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import { checkReadable, checkSignable } from "../../../../domain/tuf/metadata-size.js";
import type { MetadataType, Signature, Signed } from "../../../../domain/tuf/metadata-document.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import type { Signer } from "../../../../domain/tuf/signer.js";
import type { SnapshotHead } from "../../../../domain/tuf/snapshot-head.js";
import { signatories, trustOf } from "../../../../domain/tuf/trust.js";
import type { SignedFile } from "../../../../domain/tuf/tuf-store.js";
import { keyAtHand } from "./key-at-hand.js";

/** Who signs what. */
type Trusted = Pick<TufRepository, "keys" | "trust"> & Partial<Pick<TufRepository, "customRoles">>;

/** Turns signed objects into files. Lives as long as one piece of work: keys are loaded once in it. */
export class RoleSigning {
  readonly #signers = new Map<string, Promise<Signer | undefined>>();

  /**
   * @param now epoch milliseconds
   */
  constructor(
    readonly keys: SignerSource,
    readonly codec: MetadataCodec,
    private readonly now: number,
  ) {}

  /** Loads the keys of roles that are to be signed soon. What is wrong with one, whoever signs with it is told. */
  async loadKeys(roles: readonly string[], repository: Trusted): Promise<void> {
    await Promise.allSettled(roles.map((role) => this.#signersOf(role, repository)));
  }

  /**
   * @param role name of the file's role
   * @param repository as it is after what `signed` was made from was read: whoever changes its trust makes the role dirty
   * @throws {TufError} KEY_NOT_FOUND where fewer keys are at hand than the threshold asks for; METADATA_TOO_LARGE for what clients
   *   would not read, whoever is to sign it
   */
  async sign(role: string, signed: Signed[MetadataType], repository: Trusted, edition: Edition): Promise<SignedFile> {
    const canonical = this.codec.canonical(signed);
    if (signed._type === "targets") checkSignable(role, canonical.length);
    const signatures = await this.#signatures(role, canonical, repository);
    const file = wholeFile(this.codec, role, this.codec.file(canonical, signatures), edition);
    if (signed._type === "targets") checkReadable(role, file.length);
    return file;
  }

  /**
   * @returns the snapshot's file, and its envelope: the same without what it lists
   * @throws {TufError} KEY_NOT_FOUND
   */
  async signSnapshot(
    { members }: SnapshotHead,
    repository: Trusted,
    edition: Edition,
  ): Promise<{ readonly file: SignedFile; readonly envelope: Uint8Array }> {
    const empty = this.codec.canonical(snapshotEnvelope(edition));
    const signatures = await this.#signatures("snapshot", this.codec.withMeta(empty, members), repository);
    const envelope = this.codec.file(empty, signatures);
    return { file: wholeFile(this.codec, "snapshot", this.codec.withMeta(envelope, members), edition), envelope };
  }

  async #signatures(role: string, canonical: Uint8Array, repository: Trusted): Promise<readonly Signature[]> {
    const { signers, along } = await this.#signersOf(role, repository);
    const required = await Promise.all(signers.map((signer) => signatureOf(signer, canonical)));
    return [...required, ...(await this.#signaturesAlong(repository.keys, along, canonical))];
  }

  /** As many as the threshold asks for, in the order of the role's keys; all that can be had while its trust changes. */
  async #signersOf(
    role: string,
    { keys, trust, customRoles = [] }: Trusted,
  ): Promise<{ readonly signers: readonly Signer[]; readonly along: readonly string[] }> {
    // A bin below a custom role is signed with that role's keys.
    const own = trustOf(trust, roleAbove(customRoles, role)?.name ?? role);
    const { keyIds, threshold, along } = signatories(own, this.now);
    const signers = await this.#atHand(keys, keyIds, along === undefined ? threshold : keyIds.length);
    if (signers.length < threshold) {
      throw new TufError("KEY_NOT_FOUND", `${role} asks for ${threshold} of its keys, ${signers.length} at hand`);
    }
    return { signers, along: along ?? [] };
  }

  /** Of keys that are on their way out; one that is lost already holds nothing up. */
  async #signaturesAlong(
    keys: Trusted["keys"],
    keyIds: readonly string[],
    canonical: Uint8Array,
  ): Promise<readonly Signature[]> {
    const attempts = keyIds.map(async (keyId) => {
      const signer = await this.#signer(keys, keyId);
      return signer === undefined ? [] : [await signatureOf(signer, canonical)];
    });
    const outcomes = await Promise.allSettled(attempts);
    return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []));
  }

  async #atHand(keys: Trusted["keys"], keyIds: readonly string[], enough: number): Promise<readonly Signer[]> {
    const signers: Signer[] = [];
    for (const keyId of keyIds) {
      if (signers.length === enough) break;
      const signer = await this.#signer(keys, keyId);
      if (signer !== undefined) signers.push(signer);
    }
    return signers;
  }

  #signer(keys: Trusted["keys"], keyId: string): Promise<Signer | undefined> {
    const known = this.#signers.get(keyId) ?? keyAtHand(this, keyId, keys[keyId]);
    this.#signers.set(keyId, known);
    return known;
  }
}

/** A file of signed metadata, with what is recorded of it. */
export function wholeFile(
  codec: Pick<MetadataCodec, "sha256">,
  role: string,
  bytes: Uint8Array,
  { metadataVersion, signedAt, expiresAt }: Edition,
): SignedFile {
  return {
    role,
    metadataVersion,
    signedAt,
    expiresAt,
    sha256: toHex(codec.sha256(bytes)),
    length: bytes.length,
    bytes,
  };
}

export async function signatureOf(signer: Signer, canonical: Uint8Array): Promise<Signature> {
  return { keyid: signer.keyId, sig: toHex(await signer.sign(canonical)) };
}
