import fc from "../../support/fast-check.js";
import { describe, expect, it } from "vitest";
import { TufError } from "../../../domain/tuf/errors.js";
import { toHex } from "../../../domain/tuf/hex.js";
import { ed25519Key, pemKey, type TufKey, voiceOf } from "../../../domain/tuf/key.js";
import type { RootSigned, Signature } from "../../../domain/tuf/metadata-document.js";
import { authoritiesOf, checkSuccession, nextRoot } from "../../../domain/tuf/root-succession.js";
import { isComplete, progressOf } from "../../../domain/tuf/signing-event.js";
import { meetsThreshold, signersOf } from "../../../domain/tuf/threshold.js";
import {
  firstTrust,
  type KeptTrust,
  type RoleTrust,
  signatories,
  succeeding,
  TRANSITION,
  UNPUBLISHED,
} from "../../../domain/tuf/trust.js";
import { changedTrust, type TrustChange, type TrustPlan } from "../../../domain/tuf/trust-change.js";

/** Ten keys; the id of each is its digit. */
const IDS = Array.from("0123456789");
const keyOf = (id: string) => ed25519Key(id.repeat(64));
const KEYS = Object.fromEntries(IDS.map((id) => [id, keyOf(id)]));

/** A signature is the key's public value: what a real one proves, without the arithmetic. */
const verifier = {
  verify: (key: ReturnType<typeof keyOf>, _: Uint8Array, signature: Uint8Array) =>
    Buffer.from(signature).toString("hex") === key.keyval.public,
};
const signaturesOf = (ids: readonly string[]): Signature[] => ids.map((id) => ({ keyid: id, sig: id.repeat(64) }));

const trusts: fc.Arbitrary<RoleTrust> = fc
  .uniqueArray(fc.constantFrom(...IDS), { minLength: 1, maxLength: 6 })
  .chain((keyIds) => fc.integer({ min: 1, max: keyIds.length }).map((threshold) => ({ keyIds, threshold })));

describe("trust that changes", () => {
  const alone = { keyIds: ["0"], threshold: 1 };
  const START: TrustPlan = {
    keys: { "0": keyOf("0") },
    trust: { root: alone, targets: alone, snapshot: alone, timestamp: alone, bins: alone },
  };
  const changes: fc.Arbitrary<TrustChange> = fc
    .record({
      role: fc.constantFrom("root", "bins"),
      keyId: fc.constantFrom(...IDS),
      threshold: fc.integer({ min: -1, max: 4 }),
      kind: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ role, keyId, threshold, kind }): TrustChange =>
      kind === 0
        ? { change: "add-key", role: role, keyId, key: keyOf(keyId) }
        : kind === 1
          ? { change: "remove-key", role: role, keyId }
          : { change: "set-threshold", role: role, threshold },
    );

  it("is refused, or reachable; and what it was made from stays as it was", () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 12 }), (steps) => {
        const before = structuredClone(START);
        try {
          const { keys, trust } = changedTrust(START, steps);
          for (const { keyIds, threshold } of Object.values(trust)) {
            expect(new Set(keyIds).size).toBe(keyIds.length);
            expect(keyIds.length).toBeGreaterThanOrEqual(threshold);
            expect(threshold).toBeGreaterThanOrEqual(1);
            for (const keyId of keyIds) expect(keys[keyId]).toEqual(keyOf(keyId));
          }
        } catch (error) {
          if (!(error instanceof TufError)) throw error;
          expect(error.code).toBe("INVALID_TRUST");
        }
        expect(START).toEqual(before);
      }),
    );
  });

  it("is signed for everybody who saw any of it published within the transition, whenever it changes and is published", () => {
    const delegation = ({ keyIds, threshold }: RoleTrust) => ({ keys: KEYS, keyids: keyIds, threshold });
    const meets = (trust: RoleTrust, ids: readonly string[]) =>
      meetsThreshold(delegation(trust), new Uint8Array(), signaturesOf(ids), verifier);
    /** Changes of trust and publications of what is kept then, each so long after what came before. */
    const steps = fc.array(
      fc.record({
        next: fc.option(trusts, { freq: 2 }),
        age: fc.oneof(fc.integer({ min: 0, max: 3 * TRANSITION }), fc.constantFrom(0, TRANSITION - 1, TRANSITION)),
      }),
      { minLength: 2, maxLength: 12 },
    );
    fc.assert(
      fc.property(trusts, steps, (first, drawn) => {
        let [now, kept]: [number, KeptTrust] = [1_000, firstTrust(first)];
        /** What clients could see, and until when that was the newest. */
        const seen = [{ trust: first, until: Infinity }];
        for (const { next, age } of drawn) {
          now += age;
          if (next !== null) {
            kept = succeeding(kept, next, now);
          } else if (kept.transitionEnds === UNPUBLISHED) {
            kept = { ...kept, transitionEnds: now + TRANSITION };
            seen.at(-1)!.until = now;
            seen.push({ trust: kept, until: Infinity });
          }
          const { keyIds, along } = signatories(kept, now);
          // What is signed now may be found by those who began to refresh a moment ago, and after the next publication.
          const asked = seen.filter(({ until }) => now - until < TRANSITION).map(({ trust }) => trust);
          for (const trust of [...asked, kept]) expect(meets(trust, [...keyIds, ...(along ?? [])])).toBe(true);
          expect(kept.retiring.filter((id) => kept.keyIds.includes(id))).toEqual([]);
        }
        const published = { ...kept, transitionEnds: now + TRANSITION };
        expect(signatories(published, now + TRANSITION).along).toBeUndefined();
        expect(succeeding(published, first, now + TRANSITION).retiring).toEqual(
          kept.keyIds.filter((id) => !first.keyIds.includes(id)),
        );
      }),
    );
  });
});

describe("a threshold", () => {
  /** Every key under several ids, as it may be written: the first character of an id is the key's digit. */
  const ALIASES = IDS.flatMap((digit) => ["", "-again", "-upper"].map((ending) => `${digit}${ending}`));
  const keys = Object.fromEntries(
    ALIASES.map((id) => {
      const key = keyOf(id[0]!);
      return [id, id.endsWith("-upper") ? { ...key, keyval: { public: key.keyval.public.toUpperCase() } } : key];
    }),
  );
  const byVoice = { verify: (key: TufKey, _: Uint8Array, sig: Uint8Array) => voiceOf(key) === toHex(sig) };

  it("counts a key once, under however many ids it is listed and however often it signs", () => {
    fc.assert(
      fc.property(
        fc.subarray(ALIASES, { minLength: 1 }),
        fc.array(fc.constantFrom(...ALIASES), { maxLength: 12 }),
        fc.integer({ min: 1, max: 10 }),
        (keyids, ids, threshold) => {
          const signatures = ids.map((id) => ({ keyid: id, sig: id[0]!.repeat(64) }));
          const voices = new Set(ids.filter((id) => keyids.includes(id)).map((id) => id[0]));
          const delegation = { keys, keyids, threshold };
          const isMet = meetsThreshold(delegation, new Uint8Array(), signatures, byVoice);
          expect(isMet).toBe(voices.size >= threshold);
          expect(signersOf(delegation, new Uint8Array(), signatures, byVoice)).toHaveLength(voices.size);
        },
      ),
    );
  });

  it("below one is met by nobody", () => {
    for (const threshold of [0, -1]) {
      const delegation = { keys: KEYS, keyids: IDS, threshold };
      expect(meetsThreshold(delegation, new Uint8Array(), signaturesOf(IDS), verifier)).toBe(false);
    }
  });
});

describe("a signing event", () => {
  const NOW = Date.UTC(2026, 0, 1);
  const rootWith = (version: number, trust: RoleTrust): RootSigned => {
    const roles = { root: { keyids: trust.keyIds, threshold: trust.threshold } };
    const base = { _type: "root", spec_version: "1.0.33", consistent_snapshot: true, keys: KEYS } as const;
    const online = { keyids: ["0"], threshold: 1 };
    return {
      ...base,
      version,
      expires: "2027-01-01T00:00:00Z",
      roles: { ...roles, targets: online, snapshot: online, timestamp: online },
    };
  };

  it("is complete exactly when the thresholds of both roots are met, whatever else is signed", () => {
    fc.assert(
      fc.property(trusts, trusts, fc.subarray(IDS), fc.subarray(IDS), (former, next, signed, forged) => {
        const authorities = authoritiesOf(rootWith(2, next), rootWith(1, former));
        const bad = forged.filter((id) => !signed.includes(id)).map((id) => ({ keyid: id, sig: "00" }));
        const event = { payload: new Uint8Array(), signatures: [...bad, ...signaturesOf(signed)] };
        const count = ({ keyIds }: RoleTrust) => keyIds.filter((id) => signed.includes(id)).length;
        const expected = count(former) >= former.threshold && count(next) >= next.threshold;
        expect(isComplete(progressOf(event, authorities, verifier))).toBe(expected);
      }),
    );
  });

  it("is never complete without anybody who must agree", () => {
    expect(isComplete([])).toBe(false);
  });

  it("lets only the next root follow, and only before it expires", () => {
    const trust = { keyIds: ["0"], threshold: 1 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (version, next) => {
        const check = () => checkSuccession(rootWith(next, trust), rootWith(version, trust), NOW);
        if (next === version + 1) expect(check).not.toThrow();
        else expect(check).toThrow(expect.objectContaining({ code: "ROOT_OUT_OF_ORDER" }));
      }),
    );
    const late = () => checkSuccession(rootWith(1, trust), undefined, Date.UTC(2027, 0, 1));
    expect(late).toThrow(expect.objectContaining({ code: "ROOT_EXPIRED" }));
  });

  it("leaves no key in a root that no role names, and keeps what it does not know", () => {
    const current = { ...rootWith(1, { keyIds: ["0", "1"], threshold: 1 }), "x-unknown": ["kept"] } as RootSigned;
    const kept = { keyIds: ["0"], threshold: 1 };
    const trust = { root: kept, targets: kept, snapshot: kept, timestamp: kept, bins: { keyIds: ["5"], threshold: 1 } };
    const next = nextRoot(current, { keys: KEYS, trust }, { metadataVersion: 2, signedAt: NOW, expiresAt: NOW });
    expect(Object.keys(next.keys)).toEqual(["0"]);
    expect(next).toMatchObject({ version: 2, expires: "2026-01-01T00:00:00Z", "x-unknown": ["kept"] });
  });
});

describe("a key", () => {
  it("is one voice however it is written", () => {
    const body = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";
    const pem = (text: string) =>
      pemKey("ecdsa-sha2-nistp256", `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----\n`);
    expect(voiceOf(pem(body))).toBe(voiceOf(pem(`${body.slice(0, 10)}\r\n${body.slice(10)}`)));
    expect(voiceOf(pem(body))).not.toBe(voiceOf(pem(`${body}AA`)));
    const upper = { ...keyOf("a"), keyval: { public: "A".repeat(64) } };
    expect(voiceOf(upper)).toBe(voiceOf(keyOf("a")));
  });
});
