import { TufError } from "./errors.js";

/** Hash bins: 2^bitLength roles that share all paths evenly, named as succinct roles are (TAP 15). */
export interface HashBins {
  readonly bitLength: number;
  readonly namePrefix: string;
}

export const MAX_BIT_LENGTH = 16;

const DIGEST_BYTES = 32;

/**
 * @param bins how many; a power of two from 2 to 65,536
 * @throws {TufError} INVALID_BIN_COUNT
 */
export function bitLengthOf(bins: number): number {
  const bitLength = typeof bins === "number" ? Math.log2(bins) : NaN; // "4" is none, though it would count like one
  if (Number.isInteger(bitLength) && bitLength >= 1 && bitLength <= MAX_BIT_LENGTH) return bitLength;
  throw new TufError(
    "INVALID_BIN_COUNT",
    `number of bins ${String(bins)}: a power of two from 2 to ${2 ** MAX_BIT_LENGTH}`,
  );
}

export function binCount({ bitLength }: Pick<HashBins, "bitLength">): number {
  return 2 ** bitLength;
}

/** `<namePrefix>-<index>`, the index in lower-case hexadecimal, padded to the digits of the last bin (TAP 15). */
export function binName({ bitLength, namePrefix }: HashBins, index: number): string {
  const digits = (2 ** bitLength - 1).toString(16).length;
  return `${namePrefix}-${index.toString(16).padStart(digits, "0")}`;
}

/** All names, in the order of their digests. */
export function binNames(bins: HashBins): readonly string[] {
  return Array.from({ length: binCount(bins) }, (_, index) => binName(bins, index));
}

/** Whether a name is one that bins may have, however many they are. */
export function isBinName({ namePrefix }: Pick<HashBins, "namePrefix">, name: string): boolean {
  return name.startsWith(`${namePrefix}-`) && /^[0-9a-f]+$/.test(name.slice(namePrefix.length + 1));
}

/**
 * The bin that a path belongs into: the leading `bitLength` bits of its digest (TAP 15).
 * @param digest SHA-256 of the path's UTF-8 form
 */
export function binIndexOf({ bitLength }: Pick<HashBins, "bitLength">, digest: Uint8Array): number {
  const leading = ((digest[0] ?? 0) << 8) | (digest[1] ?? 0);
  return leading >>> (MAX_BIT_LENGTH - bitLength);
}

export function binOf(bins: HashBins, digest: Uint8Array): string {
  return binName(bins, binIndexOf(bins, digest));
}

/** The first and the last digest that a role holds, both included; 32 bytes each. */
export interface DigestRange {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

export function digestRange({ bitLength }: Pick<HashBins, "bitLength">, index: number): DigestRange {
  const shift = MAX_BIT_LENGTH - bitLength;
  return {
    low: digestOf(index << shift, 0x00),
    high: digestOf(((index + 1) << shift) - 1, 0xff),
  };
}

/** Of a role that holds all there is of its space. */
export function wholeRange(): DigestRange {
  return { low: digestOf(0, 0x00), high: digestOf(0xffff, 0xff) };
}

function digestOf(leading: number, rest: number): Uint8Array {
  const digest = new Uint8Array(DIGEST_BYTES).fill(rest);
  digest[0] = leading >>> 8;
  digest[1] = leading & 0xff;
  return digest;
}
