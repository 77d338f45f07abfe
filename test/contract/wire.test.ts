import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import fc from "../support/fast-check.js";
import { describe, expect, it } from "vitest";
import { DEFAULT_EXPIRY } from "../../domain/tuf/expiry.js";
import type { JsonObject } from "../../domain/tuf/json.js";
import {
  binSigned,
  rootSigned,
  snapshotEnvelope,
  targetsSigned,
  timestampSigned,
} from "../../domain/tuf/metadata-builders.js";
import type { MetadataType } from "../../domain/tuf/metadata-document.js";
import { SnapshotHead } from "../../domain/tuf/snapshot-head.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { repositoryNamed } from "./tuf-store-fixture.js";

/** The encoder that @tufjs/models signs and verifies with; it comes with that package and has no types of its own. */
const library = createRequire(import.meta.resolve("@tufjs/models"))("@tufjs/canonical-json") as {
  canonicalize(value: unknown): string;
};

const codec = new JsonMetadataCodec();
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
const json = (bytes: Uint8Array) => JSON.parse(text(bytes)) as JsonObject;
const edition = { metadataVersion: 3, signedAt: Date.UTC(2029, 0, 1), expiresAt: Date.UTC(2030, 0, 1) };

const words = fc.string({ unit: "binary" });
const { value: anyJson } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  object: fc.dictionary(fc.oneof(words, fc.constantFrom("__proto__", "toString", "1", "10", "9")), tie("value"), {
    maxKeys: 6,
  }),
  value: fc.oneof(
    { depthSize: "small" },
    fc.maxSafeInteger(),
    fc.constant(-0),
    words,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 5 }),
    tie("object"),
  ),
}));

describe("canonical JSON", () => {
  it("is byte for byte what the library makes of any JSON with integers", () => {
    fc.assert(
      fc.property(fc.dictionary(words, anyJson), (value) => {
        expect(text(codec.canonical(value as JsonObject))).toBe(text(Buffer.from(library.canonicalize(value))));
      }),
      { numRuns: 500 },
    );
  });

  it("sorts by UTF-16 code units and escapes quotes and backslashes only", () => {
    const value = { b: 1, a: '"\\/\n', B: [true, null, -5], "\uffff": 0, "\u{1f600}": 0, é: {}, __proto__x: [] };
    expect(text(codec.canonical(value))).toBe(
      '{"B":[true,null,-5],"__proto__x":[],"a":"\\"\\\\/\n","b":1,"é":{},"\u{1f600}":0,"\uffff":0}',
    );
  });

  it.each([1.5, Number.NaN, Infinity, 2 ** 53, undefined, 10n, () => 0])("has no form for %s", (value) => {
    expect(() => codec.canonical({ value: value as never })).toThrow(
      expect.objectContaining({ code: "INVALID_METADATA" }),
    );
  });

  it("takes time linear in the number of entries", () => {
    const roles = Array.from({ length: 65_536 }, (_, index) => [`bins-${index.toString(16)}`, index + 1] as const);
    const meta = Object.fromEntries(roles.map(([role, version]) => [`${role}.json`, { version }]));
    const started = performance.now();
    const envelope = codec.canonical(snapshotEnvelope(edition));
    const bytes = codec.withMeta(envelope, SnapshotHead.of(new Map(roles), codec).members);
    expect(Buffer.compare(bytes, codec.canonical({ ...snapshotEnvelope(edition), meta }))).toBe(0);
    // A quadratic encoder needs hours for this.
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("metadata files", () => {
  const repository = repositoryNamed("main");
  const signatures = [{ keyid: "k1", sig: "00ff" }];
  const target = { length: 5, sha256: "ab".repeat(32), custom: { note: 'line\n"two"\u0001', n: 1 } };
  const bin = binSigned(
    new Map([
      ["a/b", target],
      ["__proto__", target],
      ["1", target],
    ]),
    edition,
  );

  it("are read back as they were written, fields that nobody knows included", () => {
    fc.assert(
      fc.property(fc.dictionary(words, anyJson), (custom) => {
        const signed = {
          ...binSigned(new Map([["a", { ...target, custom: custom as JsonObject }]]), edition),
          "x-new": 7,
        };
        const canonical = codec.canonical(signed);
        const document = codec.decode("targets", codec.file(canonical, signatures));
        expect(Buffer.from(document.signedBytes).equals(Buffer.from(canonical))).toBe(true);
        expect(document.signatures).toEqual(signatures);
      }),
    );
  });

  it("are JSON even where canonical text is none", () => {
    const { signed } = json(codec.file(codec.canonical(bin), signatures)) as { signed: typeof bin };
    expect(signed.targets["a/b"]?.custom).toEqual(target.custom);
    expect(Object.keys(signed.targets)).toContain("__proto__");
  });

  it.each([
    ["root", rootSigned(repository, edition)],
    ["targets", targetsSigned(repository, edition)],
    ["targets", bin],
    [
      "snapshot",
      { ...snapshotEnvelope(edition), meta: { "targets.json": { version: 1 }, "bins-0.json": { version: 2 } } },
    ],
    ["timestamp", timestampSigned({ metadataVersion: 3, length: 10, sha256: "cd".repeat(32) }, edition)],
  ] as const)("hold a %s as the specification has it", (type, signed) => {
    const { signed: read } = codec.decode(type, codec.file(codec.canonical(signed), signatures));
    expect(read).toEqual(signed);
    expect(read).toMatchObject({ _type: type, version: 3, spec_version: "1.0.33", expires: "2030-01-01T00:00:00Z" });
  });

  it("of a snapshot are an envelope with what it lists in it, whatever else is in it", () => {
    const envelope = { ...snapshotEnvelope(edition), "": '"meta":{}', note: { meta: { a: 1 } } };
    const { members } = SnapshotHead.of(new Map([["targets", 7]]), codec);
    const whole = codec.file(codec.withMeta(codec.canonical(envelope), members), signatures);
    expect(json(whole)).toEqual({ signatures, signed: { ...envelope, meta: { "targets.json": { version: 7 } } } });
    expect(codec.withMeta(codec.file(codec.canonical(envelope), signatures), members)).toEqual(whole);
    expect(() => codec.withMeta(whole, members)).toThrow(expect.objectContaining({ code: "INVALID_METADATA" }));
  });

  it("list each key once, and only keys that are used", () => {
    const keys = { ...repository.keys, revoked: repository.keys.k1! };
    expect(Object.keys(rootSigned({ ...repository, keys }, edition).keys)).toEqual(["k1"]);
    expect(targetsSigned({ ...repository, keys }, edition).delegations).toEqual({
      keys: repository.keys,
      succinct_roles: { keyids: ["k1"], threshold: 1, bit_length: 2, name_prefix: "bins" },
    });
    expect(DEFAULT_EXPIRY.timestamp.lifetime).toBeLessThan(DEFAULT_EXPIRY.snapshot.lifetime);
  });

  const bytesOf = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  const fileWith = (changes: object) => bytesOf({ signatures, signed: { ...bin, ...changes } });
  it.each([
    ["nothing", bytesOf("")],
    ["half a file", codec.file(codec.canonical(bin), signatures).subarray(0, 100)],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
    ["null", bytesOf("null")],
    ["no signed part", bytesOf({ signatures })],
    ["another type", fileWith({ _type: "snapshot" })],
    ["no version", fileWith({ version: "1" })],
    ["version 0", fileWith({ version: 0 })],
    ["no expiry", fileWith({ expires: "soon" })],
    ["a foreign major version", fileWith({ spec_version: "2.0" })],
    ["targets as a list", fileWith({ targets: [] })],
    ["a target without hashes", fileWith({ targets: { a: { length: 1, hashes: {} } } })],
    ["a target with a short digest", fileWith({ targets: { a: { length: 1, hashes: { sha256: "ab" } } } })],
    ["a negative length", fileWith({ targets: { a: { length: -1, hashes: { sha256: "ab".repeat(32) } } } })],
    ["bad delegations", fileWith({ delegations: { keys: 1 } })],
    ["a fraction", fileWith({ extra: 1.5 })],
    ["no signatures", bytesOf({ signed: bin })],
    ["two signatures of one key", bytesOf({ signatures: [...signatures, ...signatures], signed: bin })],
  ])("are refused with %s", (_, bytes) => {
    expect(() => codec.decode("targets", bytes)).toThrow(expect.objectContaining({ code: "INVALID_METADATA" }));
  });

  const documents: Record<MetadataType, object> = {
    root: rootSigned(repository, edition),
    targets: targetsSigned(repository, edition),
    snapshot: { ...snapshotEnvelope(edition), meta: { "targets.json": { version: 1 } } },
    timestamp: timestampSigned({ metadataVersion: 3, length: 10, sha256: "cd".repeat(32) }, edition),
  };
  const digest = "ab".repeat(32);
  const malformed: Record<MetadataType, readonly object[]> = {
    root: [
      { keys: [] },
      { keys: { k1: { keytype: "ed25519", scheme: "ed25519" } } },
      { keys: { k1: { keytype: "ed25519", scheme: "ed25519", keyval: { public: 1 } } } },
      { roles: {} },
      { roles: { root: { keyids: ["k1"], threshold: 1 } } },
      ...["root", "targets", "snapshot", "timestamp"].flatMap((role) =>
        [
          { keyids: "k1", threshold: 1 },
          { keyids: ["k1"], threshold: 0 },
          { keyids: ["k1"], threshold: "1" },
          null,
        ].map((of) => ({
          roles: { ...rootSigned(repository, edition).roles, [role]: of },
        })),
      ),
      { consistent_snapshot: "yes" },
    ],
    targets: [
      { targets: { a: null } },
      { targets: { a: { length: "1", hashes: { sha256: digest } } } },
      { targets: { a: { length: 1, hashes: { sha256: digest }, custom: "text" } } },
      { delegations: { keys: [], roles: [] } },
      { delegations: { keys: {}, succinct_roles: { keyids: ["k1"], threshold: 1, bit_length: 0, name_prefix: "b" } } },
      { delegations: { keys: {}, succinct_roles: { keyids: ["k1"], threshold: 1, bit_length: 33, name_prefix: "b" } } },
      { delegations: { keys: {}, roles: [{ name: "a", keyids: ["k1"], threshold: 1, paths: ["*"] }] } },
      {
        delegations: {
          keys: {},
          roles: [{ name: "a", keyids: ["k1"], threshold: 0, terminating: true, paths: ["*"] }],
        },
      },
    ],
    snapshot: [
      { meta: [] },
      { meta: { "targets.json": 1 } },
      { meta: { "targets.json": { version: 0 } } },
      { meta: { "targets.json": { version: 1.5 } } },
      { meta: { "targets.json": { version: 1, length: -1 } } },
      { meta: { "targets.json": { version: 1, hashes: [] } } },
    ],
    timestamp: [
      { meta: {} },
      { meta: { "snapshot.json": { version: "3" } } },
      { meta: { "snapshot.json": { version: 3, hashes: { sha256: 1 } } } },
      { meta: { "snapshot.json": { version: 3, length: "10" } } },
    ],
  };
  const common = [
    { _type: "mirrors" },
    { version: -1 },
    { version: 2 ** 53 },
    { expires: 1 },
    { expires: "2030-13-01T00:00:00Z" },
    { spec_version: "2.0.0" },
    { spec_version: undefined },
  ];
  const faults = Object.keys(documents).flatMap((type) =>
    [...common, ...malformed[type as MetadataType]].map((change) => [type as MetadataType, change] as const),
  );
  it.each(faults)("of type %s are refused with %j", (type, change) => {
    expect(codec.decode(type, bytesOf({ signatures, signed: documents[type] })).signed).toEqual(documents[type]);
    const bytes = bytesOf({ signatures, signed: { ...documents[type], ...change } });
    expect(() => codec.decode(type, bytes)).toThrow(expect.objectContaining({ code: "INVALID_METADATA" }));
  });

  it("hash as node:crypto does", () => {
    expect(text(codec.sha256(Buffer.from("a")))).toBe(text(createHash("sha256").update("a").digest()));
    expect(Buffer.from(codec.pathDigest("ä")).toString("hex")).toBe(
      createHash("sha256").update("ä", "utf8").digest("hex"),
    );
  });
});
