import { generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Metadata, MetadataKind, Signature } from "@tufjs/models";
import { binNames, binOf, type HashBins } from "../../domain/tuf/hash-bins.js";
import { digestOf } from "../contract/tuf-store-fixture.js";
import { type ForeignKey, foreignKey, foreignPemKey, sha256 } from "./foreign-repository.js";

type Json = Record<string, unknown>;
type Type = "root" | "targets" | "snapshot" | "timestamp";

const DAY = 24 * 3_600_000;
const KINDS: Readonly<Record<Type, MetadataKind>> = {
  root: MetadataKind.Root,
  targets: MetadataKind.Targets,
  snapshot: MetadataKind.Snapshot,
  timestamp: MetadataKind.Timestamp,
};

/** A custom role as RSTUF's administrators ask for it; without keys the online key signs it. */
export interface RstufRole {
  readonly name: string;
  readonly paths: readonly string[];
  readonly keys?: readonly ForeignKey[];
  readonly threshold?: number;
  /** Days. */
  readonly expirePolicy: number;
  /** Hash bins below it, which the online key signs: proposed for RSTUF, not released by 2026. */
  readonly bitLength?: number;
}

/**
 * Metadata laid out as Repository Service for TUF lays it out (worker and CLI of 2025 and 2026): root with offline keys; one
 * online key, of a kind that clouds have, for `targets`, `snapshot`, `timestamp` and the bins; names of people and where the
 * online key is as members of the keys; either succinct bins named `bins`, or custom roles with a lifetime of their own and no
 * bins. Files are sorted and indented by one, snapshot and timestamp state versions only, and each publish writes every
 * role it touches anew beside its former files.
 */
export class RstufRepository {
  readonly people: readonly ForeignKey[];
  online = named(foreignPemKey(randomId(), "rsa"), "Online Key", true);
  readonly #versions = new Map<string, number>();
  readonly #targets = new Map<string, Json>();
  readonly #held = new Map<string, Map<string, Json>>();
  #roots = 0;

  private constructor(
    readonly directory: string,
    private readonly now: number,
    private readonly delegations: HashBins | readonly RstufRole[],
  ) {
    this.people = [
      named(foreignKey(), "Ada's Key"),
      named(foreignPemKey(randomId(), "ecdsa"), "Ben's Key"),
      named(foreignKey(), "Cem's Key"),
    ];
  }

  /** The ceremony, then the bootstrap: every role at version 1, nothing in it. */
  static async bootstrap(
    directory: string,
    delegations: HashBins | readonly RstufRole[],
    now: number,
  ): Promise<RstufRepository> {
    const made = new RstufRepository(directory, now, delegations);
    await mkdir(directory, { recursive: true });
    await made.root();
    await made.publish(["targets", ...made.#names()]);
    return made;
  }

  /** The next root: two of three people sign, those of the root before too. */
  async root(): Promise<void> {
    const [ada, ben, cem] = this.people as [ForeignKey, ForeignKey, ForeignKey];
    const roles = {
      root: { keyids: [ada.keyId, ben.keyId, cem.keyId], threshold: 2 },
      ...Object.fromEntries(["timestamp", "snapshot", "targets"].map((role) => [role, this.#onlineOnly()])),
    };
    const keys = keysOf(ada, ben, cem, this.online);
    this.#roots += 1;
    await this.#write("root", this.#roots, 365, { consistent_snapshot: true, keys, roles }, [ada, ben]);
  }

  /** Accepts artifacts and publishes them: the roles that they are in, then snapshot and timestamp. */
  async add(artifacts: Readonly<Record<string, Json>>): Promise<void> {
    const touched = new Set<string>();
    for (const [path, info] of Object.entries(artifacts)) {
      const role = this.#roleOf(path);
      if (!this.#held.has(role)) this.#held.set(role, new Map());
      this.#held.get(role)!.set(path, info);
      touched.add(role);
    }
    await this.publish([...touched]);
  }

  /** Another online key: a root that names it, then everything that the former one signed. */
  async replaceOnlineKey(): Promise<void> {
    this.online = named(foreignPemKey(randomId(), "ecdsa"), "New Online Key", true);
    await this.root();
    await this.publish(["targets", ...this.#names()]);
  }

  async publish(roles: readonly string[]): Promise<void> {
    for (const role of roles) {
      const version = this.#next(role);
      const targets = Object.fromEntries(this.#held.get(role) ?? []);
      const custom = this.#custom().find(({ name }) => name === role);
      const delegations = role === "targets" ? this.#delegations() : custom && this.#delegationsOf(custom);
      const content = delegations === undefined ? { targets } : { targets, delegations };
      const days = role === "targets" ? 365 : (custom?.expirePolicy ?? 1);
      await this.#write(role, version, days, content, custom?.keys?.slice(0, custom.threshold) ?? [this.online]);
      this.#targets.set(`${role}.json`, { version });
    }
    const snapshot = this.#next("snapshot");
    await this.#write("snapshot", snapshot, 1, { meta: Object.fromEntries(this.#targets) }, [this.online]);
    const meta = { "snapshot.json": { version: snapshot } };
    await this.#write("timestamp", this.#next("timestamp"), 1, { meta }, [this.online]);
  }

  /** A role that people have yet to sign: `targets` delegates to it, and no snapshot lists it. */
  async publishUnsigned(role: string): Promise<void> {
    this.#targets.delete(`${role}.json`);
    await this.publish(["targets"]);
  }

  #custom(): readonly RstufRole[] {
    return "bitLength" in this.delegations ? [] : this.delegations;
  }

  #names(): readonly string[] {
    if ("bitLength" in this.delegations) return binNames(this.delegations);
    return this.delegations.flatMap((role) => [role.name, ...binNamesBelow(role)]);
  }

  #roleOf(path: string): string {
    if ("bitLength" in this.delegations) return binOf(this.delegations, digestOf(path));
    const directory = path.slice(0, path.lastIndexOf("/"));
    const role = this.delegations.find(({ paths }) => paths.includes(`${directory}/*`))!;
    const bins = binsBelow(role);
    return bins === undefined ? role.name : binOf(bins, digestOf(path));
  }

  #delegations(): Json {
    if ("bitLength" in this.delegations) {
      const { bitLength, namePrefix } = this.delegations;
      const succinct = { ...this.#onlineOnly(), bit_length: bitLength, name_prefix: namePrefix };
      return { keys: keysOf(this.online), succinct_roles: succinct };
    }
    const roles = this.delegations.map(
      ({ name, paths, keys = [this.online], threshold = 1, expirePolicy, ...more }) => ({
        name,
        keyids: keys.map(({ keyId }) => keyId),
        threshold,
        terminating: more.bitLength === undefined,
        paths,
        "x-rstuf-expire-policy": expirePolicy,
        ...(more.bitLength === undefined ? {} : { "x-rstuf-num-bins": 2 ** more.bitLength }),
      }),
    );
    return { keys: keysOf(this.online, ...this.delegations.flatMap(({ keys = [] }) => keys)), roles };
  }

  #delegationsOf(role: RstufRole): Json | undefined {
    const bins = binsBelow(role);
    if (bins === undefined) return undefined;
    const succinct = { ...this.#onlineOnly(), bit_length: bins.bitLength, name_prefix: bins.namePrefix };
    return { keys: keysOf(this.online), succinct_roles: succinct };
  }

  #onlineOnly(): Json {
    return { keyids: [this.online.keyId], threshold: 1 };
  }

  #next(role: string): number {
    const version = (this.#versions.get(role) ?? 0) + 1;
    this.#versions.set(role, version);
    return version;
  }

  async #write(role: string, version: number, days: number, content: Json, signers: readonly ForeignKey[]) {
    const type = (role in KINDS ? role : "targets") as Type;
    const expires = new Date(this.now + days * DAY).toISOString().replace(/\.\d+Z/, "Z");
    const signed = { _type: type, version, spec_version: "1.0.31", expires, ...content };
    // One overload per kind in the model's types; the values agree by construction.
    const metadata = Metadata.fromJSON(KINDS[type] as MetadataKind.Root, { signed, signatures: [] });
    for (const { keyId, sign } of signers) {
      metadata.sign((data) => new Signature({ keyID: keyId, sig: sign(data).toString("hex") }));
    }
    const { signatures } = metadata.toJSON() as { signatures: Json[] };
    const file = type === "timestamp" ? "timestamp.json" : `${version}.${role}.json`;
    await writeFile(join(this.directory, file), JSON.stringify(sorted({ signatures, signed }), null, 1));
  }
}

/** An artifact whose content is its path, as RSTUF's clients describe it. */
export function artifact(path: string): Json {
  return { length: Buffer.byteLength(path), hashes: { sha256: sha256(path) }, custom: { key: "value", nested: [1] } };
}

function binsBelow({ name, bitLength }: RstufRole): HashBins | undefined {
  return bitLength === undefined ? undefined : { bitLength, namePrefix: `${name}-bins` };
}

function binNamesBelow(role: RstufRole): readonly string[] {
  const bins = binsBelow(role);
  return bins === undefined ? [] : binNames(bins);
}

function named(key: ForeignKey, name: string, online = false): ForeignKey {
  const where = online ? { "x-rstuf-online-key-uri": `fn:${key.keyId}` } : {};
  return { ...key, publicKey: { ...key.publicKey, "x-rstuf-key-name": name, ...where } };
}

function keysOf(...keys: readonly ForeignKey[]): Json {
  return Object.fromEntries(keys.map(({ keyId, publicKey }) => [keyId, publicKey]));
}

/** Key ids are digests of a form that nobody has to know. */
function randomId(): string {
  return sha256(generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
