import { TufError } from "./errors.js";
import { binCount, binName, type HashBins, MAX_BIT_LENGTH } from "./hash-bins.js";
import type { DelegatedRole, TargetsSigned } from "./metadata-document.js";
import type { RoleTrust } from "./trust.js";
import { isSameTrust } from "./trust.js";

/** Hash bins as listed roles, each with hexadecimal beginnings of the digests that it holds (TUF 1.0.33 §4.5). */
type Prefixed = Pick<DelegatedRole, "name" | "path_hash_prefixes">;

/** The beginnings of all digests that a bin holds: as few as there can be of one length. */
export function prefixesOf({ bitLength }: Pick<HashBins, "bitLength">, index: number): readonly string[] {
  const digits = Math.ceil(bitLength / 4);
  const each = 2 ** (digits * 4 - bitLength);
  return Array.from({ length: each }, (_, offset) => (index * each + offset).toString(16).padStart(digits, "0"));
}

/** Longest prefix, in digits: more bins than that need are more than can be read. */
const MAX_DIGITS = MAX_BIT_LENGTH / 4;

/** The roles in the order of the digests that they hold, or why they are not all of these in 2^bitLength equal parts. */
export type Partition<R> = { readonly bitLength: number; readonly roles: readonly R[] } | { readonly fault: string };

export function partitionOf<R extends Prefixed>(roles: readonly R[]): Partition<R> {
  const parts: { readonly role: R; readonly low: number; readonly high: number; readonly prefix: string }[] = [];
  for (const role of roles) {
    for (const prefix of role.path_hash_prefixes ?? []) {
      if (!/^[0-9a-f]*$/.test(prefix) || prefix.length > MAX_DIGITS) {
        return { fault: `"${role.name}" has a hash prefix that is not at most ${MAX_DIGITS} digits of lower case` };
      }
      const low = parseInt(prefix.padEnd(MAX_DIGITS, "0"), 16);
      parts.push({ role, low, high: low + 16 ** (MAX_DIGITS - prefix.length), prefix });
    }
  }
  parts.sort((left, right) => left.low - right.low || left.high - right.high);
  const ordered = new Map<R, number>();
  let end = 0;
  let last: R | undefined;
  for (const { role, low, high, prefix } of parts) {
    if (low < end) return { fault: `"${role.name}" is not the only one with hash prefix "${prefix}"` };
    if (low > end) return { fault: `none has hash prefix "${shownPrefix(end)}"` };
    if (role !== last && ordered.has(role)) return { fault: `"${role.name}" has hash prefixes that are apart` };
    ordered.set(role, (ordered.get(role) ?? 0) + high - low);
    end = high;
    last = role;
  }
  if (end < 2 ** MAX_BIT_LENGTH) return { fault: `none has hash prefix "${shownPrefix(end)}"` };
  const empty = roles.find((role) => !ordered.has(role));
  if (empty !== undefined) return { fault: `"${empty.name}" has no hash prefixes` };
  const bitLength = Math.log2(roles.length);
  if (!Number.isInteger(bitLength)) return { fault: `they are ${roles.length}, which is no power of two` };
  const uneven = [...ordered].find(([, size]) => size !== 2 ** (MAX_BIT_LENGTH - bitLength));
  if (uneven !== undefined) return { fault: `"${uneven[0].name}" holds more or less than a ${roles.length}th` };
  return { bitLength, roles: [...ordered.keys()] };
}

function shownPrefix(low: number): string {
  return low.toString(16).padStart(MAX_DIGITS, "0");
}

/** Bins as metadata states them, whichever way it does. */
export interface StatedBins {
  readonly bins: HashBins;
  readonly trust: RoleTrust;
  /** Whether clients that do not find a path in its bin look no further: always where they are succinct (TAP 15). */
  readonly terminating: boolean;
}

/** The hash bins that metadata delegates to, named as ours are and with the same keys for all; else `undefined`. */
export function statedBins({ succinct_roles: succinct, roles }: NonNullable<TargetsSigned["delegations"]>) {
  if (succinct !== undefined) {
    const { bit_length: bitLength, name_prefix: namePrefix, keyids: keyIds, threshold } = succinct;
    return { bins: { bitLength, namePrefix }, trust: { keyIds, threshold }, terminating: true } satisfies StatedBins;
  }
  return roles === undefined ? undefined : listedBins(roles);
}

function listedBins(roles: readonly DelegatedRole[]): StatedBins | undefined {
  const partition = partitionOf(roles);
  if ("fault" in partition || partition.bitLength === 0) return undefined;
  const [first, ...others] = partition.roles as readonly [DelegatedRole, ...DelegatedRole[]];
  const bins = { bitLength: partition.bitLength, namePrefix: first.name.replace(/-0+$/, "") };
  const trust = trustIn(first);
  const isUniform = others.every((role) => isSameTrust(trust, trustIn(role)) && role.terminating === first.terminating);
  const isNamed = partition.roles.every(({ name }, index) => name === binName(bins, index));
  return isUniform && isNamed ? { bins, trust, terminating: first.terminating } : undefined;
}

function trustIn({ keyids: keyIds, threshold }: DelegatedRole): RoleTrust {
  return { keyIds, threshold };
}

/** More bins make the list longer than the 5,000,000 bytes of metadata that clients read. */
const MAX_LISTED = 14;

/**
 * @throws {TufError} INVALID_BIN_COUNT
 */
export function checkListable({ bitLength }: Pick<HashBins, "bitLength">): void {
  if (bitLength <= MAX_LISTED) return;
  throw new TufError(
    "INVALID_BIN_COUNT",
    `number of bins ${2 ** bitLength}: by hash prefixes at most ${2 ** MAX_LISTED}, which clients can read`,
  );
}

/** Bins as roles with hash prefixes, for clients that do not know succinct ones. */
export function listedAs(bins: HashBins, { keyIds: keyids, threshold }: RoleTrust): readonly DelegatedRole[] {
  return Array.from({ length: binCount(bins) }, (_, index) => ({
    name: binName(bins, index),
    keyids,
    threshold,
    // As succinct ones are (TAP 15).
    terminating: true,
    path_hash_prefixes: prefixesOf(bins, index),
  }));
}
