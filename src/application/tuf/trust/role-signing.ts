import { roleAbove } from "../../../../domain/tuf/custom-role.js";
import { toHex } from "../../../../domain/tuf/hex.js";
import type { SignerSource } from "../../../../domain/tuf/key-store.js";
import { type Edition, snapshotEnvelope } from "../../../../domain/tuf/metadata-builders.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import { checkReadable, checkSignable } from "../../../../domain/tuf/metadata-size.js";
import type { MetadataType, Signature, Signed } from "../../../../domain/tuf/metadata-document.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import type { Signer } from "../../../../domain/tuf/signer.js";
import type { SnapshotHead } from "../../../../domain/tuf/snapshot-head.js";
import { type KeptTrust, signatories, trustOf } from "../../../../domain/tuf/trust.js";
import type { SignedFile } from "../../../../domain/tuf/tuf-store.js";
import { keyAtHand } from "./key-at-hand.js";
import { type KeyFailure, KeyFailures } from "./key-failure.js";

/** Who signs what. */
type Trusted = Pick<TufRepository, "keys" | "trust"> & Partial<Pick<TufRepository, "customRoles">>;

/**
 * Turns signed objects into files. Lives as long as one piece of work: in it keys are loaded once, and one that failed is asked
 * again only where the others are too few, and it did answer. The next piece of work asks it as before.
 */
export class RoleSigning {
  readonly #signers = new Map<string, Promise<Signer | undefined>>();
  readonly #failures = new KeyFailures();

  /**
   * @param now epoch milliseconds
   */
  constructor(
    readonly keys: SignerSource,
    readonly codec: MetadataCodec,
    private readonly now: number,
  ) {}

  /** Keys that were to sign and could not, so far. */
  get keyFailures(): readonly KeyFailure[] {
    return this.#failures.list();
  }

  /** Loads the first keys of roles that are to be signed soon. What is wrong with one, whoever signs with it is told. */
  async loadKeys(roles: readonly string[], repository: Trusted): Promise<void> {
    const keyIds = roles.flatMap((role) => {
      const { keyIds: own, threshold } = signatories(ownTrust(role, repository), this.now);
      return own.slice(0, threshold);
    });
    await Promise.allSettled(keyIds.map((keyId) => this.#signer(repository.keys, keyId)));
  }

  /**
   * @param role name of the file's role
   * @param repository as it is after what `signed` was made from was read: whoever changes its trust makes the role dirty
   * @throws {TufError} KEY_NOT_FOUND where fewer keys are at hand than the threshold asks for; what the first of them failed with, such
   *   as SIGNER_UNAVAILABLE or INVALID_KEY, where too few signed because of that; METADATA_TOO_LARGE for what clients would not
   *   read, whoever is to sign it
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
   * @throws {TufError} as `sign`
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

  /**
   * As many as the threshold asks for, of the first of the role's keys that can sign; all that can be had while its trust changes,
   * also of keys that are on their way out, which hold nothing up.
   */
  async #signatures(role: string, canonical: Uint8Array, repository: Trusted): Promise<readonly Signature[]> {
    const { keyIds, threshold, along } = signatories(ownTrust(role, repository), this.now);
    const sound = keyIds.filter((keyId) => !this.#failures.has(keyId));
    const failed = keyIds.filter((keyId) => this.#failures.isAskedAgain(keyId));
    const attempt = (keyId: string): Promise<readonly Signature[]> => this.#attempt(keyId, canonical, repository);

    const signatures = await first(along === undefined ? threshold : keyIds.length, sound, attempt);
    // To find out again that a signer does not answer may take as long as it did before.
    signatures.push(...(await first(threshold - signatures.length, failed, attempt)));
    if (signatures.length < threshold) {
      const asked = `${role} asks for ${threshold} of its keys, ${signatures.length} at hand`;
      throw this.#failures.tooFew(asked, keyIds);
    }
    const former = (along ?? []).filter((keyId) => !this.#failures.has(keyId));
    return [...signatures, ...(await Promise.all(former.map(attempt))).flat()];
  }

  /** One, or none where the key is not at hand, or fails. */
  async #attempt(keyId: string, canonical: Uint8Array, { keys }: Trusted): Promise<readonly Signature[]> {
    try {
      const signer = await this.#signer(keys, keyId);
      return signer === undefined ? [] : [await signatureOf(signer, canonical)];
    } catch (error) {
      this.#failures.add(keyId, error);
      return [];
    }
  }

  #signer(keys: Trusted["keys"], keyId: string): Promise<Signer | undefined> {
    const known = this.#signers.get(keyId) ?? keyAtHand(this, keyId, keys[keyId]);
    this.#signers.set(keyId, known);
    return known;
  }
}

/** A bin below a custom role is signed with that role's keys. */
function ownTrust(role: string, { trust, customRoles = [] }: Trusted): KeptTrust {
  return trustOf(trust, roleAbove(customRoles, role)?.name ?? role);
}

/** The first that can be had, at most so many: side by side, and as many others instead of those that cannot. */
async function first(
  enough: number,
  keyIds: readonly string[],
  attempt: (keyId: string) => Promise<readonly Signature[]>,
): Promise<Signature[]> {
  const signatures: Signature[] = [];
  for (let asked = 0; asked < keyIds.length && signatures.length < enough;) {
    const next = keyIds.slice(asked, asked + enough - signatures.length);
    asked += next.length;
    signatures.push(...(await Promise.all(next.map(attempt))).flat());
  }
  return signatures;
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
