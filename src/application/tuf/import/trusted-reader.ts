import { TufError } from "../../../../domain/tuf/errors.js";
import { toHex } from "../../../../domain/tuf/hex.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type {
  MetadataDocument,
  MetadataType,
  MetaEntry,
  RootSigned,
} from "../../../../domain/tuf/metadata-document.js";
import type { MetadataFiles } from "../../../../domain/tuf/metadata-files.js";
import { publishedName } from "../../../../domain/tuf/publish-plan.js";
import type { SignatureVerifier } from "../../../../domain/tuf/signature-verifier.js";
import { type Delegation, meetsThreshold } from "../../../../domain/tuf/threshold.js";

export interface VerifyPorts {
  readonly files: Pick<MetadataFiles, "read">;
  readonly codec: MetadataCodec;
  readonly verifier: SignatureVerifier;
}

/** Reads published files and lets only verified ones through. */
export class TrustedReader {
  constructor(
    private readonly ports: VerifyPorts,
    private readonly now: number,
  ) {}

  /** From root 1 on, each signed by the thresholds of the one before and its own (TUF 1.0.33 §5.3.4). */
  async newestRoot(): Promise<MetadataDocument<"root">> {
    const bytes = await this.required("1.root.json");
    let root = this.ports.codec.decode("root", bytes);
    this.check("root 1", root, 1, delegated(root.signed, "root"));
    for (;;) {
      const version = root.signed.version + 1;
      const next = await this.ports.files.read(publishedName({ role: "root", metadataVersion: version }));
      if (next === undefined) break;
      const document = this.ports.codec.decode("root", next);
      this.check(`root ${version}`, document, version, delegated(root.signed, "root"));
      this.check(`root ${version}`, document, version, delegated(document.signed, "root"));
      root = document;
    }
    this.checkExpiry("root", root);
    return root;
  }

  async timestamp(root: RootSigned): Promise<MetadataDocument<"timestamp">> {
    const document = this.ports.codec.decode("timestamp", await this.required("timestamp.json"));
    this.check("timestamp", document, document.signed.version, delegated(root, "timestamp"));
    this.checkExpiry("timestamp", document);
    return document;
  }

  /** A file that other metadata lists: its version, and length and hashes where they are stated. */
  async listed<T extends "snapshot" | "targets">(
    type: T,
    role: string,
    { version, length, hashes }: MetaEntry,
    delegation: Delegation,
  ): Promise<MetadataDocument<T>> {
    const name = publishedName({ role, metadataVersion: version });
    const bytes = await this.required(name);
    if (length !== undefined && bytes.length !== length) throw unverified(`${name} has another length than stated`);
    const sha256 = hashes?.sha256;
    if (sha256 !== undefined && toHex(this.ports.codec.sha256(bytes)) !== sha256) {
      throw unverified(`${name} has another SHA-256 than stated`);
    }
    const document = this.ports.codec.decode(type, bytes);
    this.check(name, document, version, delegation);
    this.checkExpiry(name, document);
    return document;
  }

  private check(what: string, document: MetadataDocument<MetadataType>, version: number, delegation: Delegation): void {
    if (document.signed.version !== version) throw unverified(`${what} states version ${document.signed.version}`);
    if (meetsThreshold(delegation, document.signedBytes, document.signatures, this.ports.verifier)) return;
    throw unverified(`${what} has fewer valid signatures than its threshold of ${delegation.threshold}`);
  }

  private checkExpiry(what: string, { signed }: MetadataDocument<MetadataType>): void {
    if (Date.parse(signed.expires) <= this.now) throw unverified(`${what} expired at ${signed.expires}`);
  }

  private async required(name: string): Promise<Uint8Array> {
    const bytes = await this.ports.files.read(name);
    if (bytes === undefined) throw unverified(`${name} is missing`);
    return bytes;
  }
}

/** What root says of a role. */
export function delegated({ keys, roles }: RootSigned, role: MetadataType): Delegation {
  return { ...roles[role], keys };
}

export function unverified(what: string): TufError {
  return new TufError("UNVERIFIED_METADATA", what);
}
