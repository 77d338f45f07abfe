import { TufError } from "../../domain/tuf/errors.js";
import { toHex } from "../../domain/tuf/hex.js";
import type { KeyStore } from "../../domain/tuf/key-store.js";
import type { Edition } from "../../domain/tuf/metadata-builders.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { MetadataType, Signed } from "../../domain/tuf/metadata-document.js";
import type { RoleTrust } from "../../domain/tuf/repository.js";
import type { Signer } from "../../domain/tuf/signer.js";
import type { SignedFile } from "../../domain/tuf/tuf-store.js";

/** Turns signed objects into files. Lives as long as one piece of work: keys are loaded once in it. */
export class RoleSigning {
  readonly #signers = new Map<string, Promise<Signer | undefined>>();

  constructor(
    private readonly keys: Pick<KeyStore, "load">,
    private readonly codec: MetadataCodec,
  ) {}

  /**
   * @param role name of the file's role
   * @throws {TufError} KEY_NOT_FOUND where fewer keys are at hand than the threshold asks for
   */
  async sign(role: string, signed: Signed[MetadataType], trust: RoleTrust, edition: Edition): Promise<SignedFile> {
    const signers = await this.signersOf(role, trust);
    const canonical = this.codec.canonical(signed);
    const signatures = await Promise.all(
      signers.map(async (signer) => ({ keyid: signer.keyId, sig: toHex(await signer.sign(canonical)) })),
    );
    const bytes = this.codec.file(canonical, signatures);
    const sha256 = toHex(this.codec.sha256(bytes));
    return { role, ...edition, sha256, length: bytes.length, bytes };
  }

  /** As many signers as the threshold asks for, in the order of the role's keys. */
  private async signersOf(role: string, { keyIds, threshold }: RoleTrust): Promise<readonly Signer[]> {
    const signers: Signer[] = [];
    for (const keyId of keyIds) {
      if (signers.length === threshold) break;
      const signer = await this.signer(keyId);
      if (signer !== undefined) signers.push(signer);
    }
    if (signers.length === threshold) return signers;
    throw new TufError("KEY_NOT_FOUND", `${role} asks for ${threshold} of its keys, ${signers.length} at hand`);
  }

  private signer(keyId: string): Promise<Signer | undefined> {
    const known = this.#signers.get(keyId) ?? this.keys.load(keyId);
    this.#signers.set(keyId, known);
    return known;
  }
}
