import { TufError } from "../../../../domain/tuf/errors.js";
import type { ForeignFiles } from "../../../../domain/tuf/foreign-files.js";
import { toHex } from "../../../../domain/tuf/hex.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { MetadataDocument, MetadataType, MetaEntry } from "../../../../domain/tuf/metadata-document.js";
import { checkAuthorised } from "../../../../domain/tuf/root-succession.js";
import type { SignatureVerifier } from "../../../../domain/tuf/signature-verifier.js";
import { type Delegation, meetsThreshold } from "../../../../domain/tuf/threshold.js";
import { unverified } from "./trusted-reader.js";

export interface ForeignPorts {
  readonly source: ForeignFiles;
  readonly codec: MetadataCodec;
  readonly verifier: SignatureVerifier;
}

/** A metadata file as it was published. */
export interface ForeignFile<T extends MetadataType> {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly document: MetadataDocument<T>;
}

export type ForeignRoot = ForeignFile<"root">;

/**
 * Reads what others published and lets only verified files through. Expired metadata is good enough to be taken over, but
 * noted: a repository that nobody renews any more is what one imports.
 */
export class ForeignReader {
  /** Names of the roles that had expired. */
  readonly expired = new Set<string>();

  constructor(
    private readonly ports: ForeignPorts,
    private readonly now: number,
  ) {}

  /**
   * Every root from the first on, each signed by the thresholds of the one before and its own (TUF 1.0.33 §5.3.4).
   * @throws {TufError} UNVERIFIED_METADATA, INVALID_METADATA, ROOT_OUT_OF_ORDER, ROOT_EXPIRED, THRESHOLD_NOT_MET
   */
  async roots(): Promise<readonly [ForeignRoot, ...ForeignRoot[]]> {
    const { source, codec, verifier } = this.ports;
    const roots: ForeignRoot[] = [];
    for (let version = 1; ; version++) {
      const bytes = await source.read(`${version}.root.json`);
      if (bytes === undefined) break;
      const document = codec.decode("root", bytes);
      if (document.signed.version !== version) {
        throw new TufError("ROOT_OUT_OF_ORDER", `${version}.root.json states version ${document.signed.version}`);
      }
      checkAuthorised(document, roots.at(-1)?.document.signed, verifier);
      roots.push({ name: `${version}.root.json`, bytes, document });
    }
    const [first, ...others] = roots;
    if (first === undefined) throw unverified("1.root.json is missing: the chain of roots begins there");
    const { version, expires } = (roots.at(-1) ?? first).document.signed;
    if (Date.parse(expires) <= this.now) throw new TufError("ROOT_EXPIRED", `root ${version} expired at ${expires}`);
    return [first, ...others];
  }

  async timestamp(delegation: Delegation): Promise<MetadataDocument<"timestamp">> {
    return this.#verified("timestamp", "timestamp", await this.#required("timestamp.json"), delegation);
  }

  /** A file that other metadata lists: its version, and length and SHA-256 where they are stated. */
  async listed<T extends "snapshot" | "targets">(
    type: T,
    role: string,
    meta: Readonly<Record<string, MetaEntry>>,
    delegation: Delegation,
  ): Promise<ForeignFile<T>> {
    const entry = Object.hasOwn(meta, `${role}.json`) ? meta[`${role}.json`] : undefined;
    if (entry === undefined) throw unverified(`nothing lists ${role}.json: role ${role} was never published`);
    const { name, bytes } = await this.#named(entry.version, `${encodeURIComponent(role)}.json`);
    const { length = bytes.length, hashes } = entry;
    if (bytes.length !== length) throw unverified(`${name} has another length than stated`);
    if (hashes?.sha256 !== undefined && toHex(this.ports.codec.sha256(bytes)) !== hashes.sha256) {
      throw unverified(`${name} has another SHA-256 than stated`);
    }
    const document = this.#verified(type, role, bytes, delegation);
    if (document.signed.version === entry.version) return { name, bytes, document };
    throw unverified(`${name} states version ${document.signed.version}, listed is ${entry.version}`);
  }

  /** Tools write both names, or change from one to the other with a root. */
  async #named(version: number, file: string): Promise<Pick<ForeignFile<MetadataType>, "name" | "bytes">> {
    const name = `${version}.${file}`;
    const bytes = await this.ports.source.read(name);
    return bytes === undefined ? { name: file, bytes: await this.#required(file) } : { name, bytes };
  }

  #verified<T extends MetadataType>(
    type: T,
    role: string,
    bytes: Uint8Array,
    delegation: Delegation,
  ): MetadataDocument<T> {
    const document: MetadataDocument<T> = this.ports.codec.decode(type, bytes);
    const { signed, signedBytes, signatures } = document;
    if (!meetsThreshold(delegation, signedBytes, signatures, this.ports.verifier)) {
      throw new TufError("THRESHOLD_NOT_MET", `${role} asks for ${delegation.threshold} signatures of its keys`);
    }
    if (Date.parse(signed.expires) <= this.now) this.expired.add(role);
    return document;
  }

  async #required(name: string): Promise<Uint8Array> {
    const bytes = await this.ports.source.read(name);
    if (bytes === undefined) throw unverified(`${name} is missing`);
    return bytes;
  }
}
