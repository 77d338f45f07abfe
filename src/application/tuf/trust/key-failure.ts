import { TufError, type TufErrorCode } from "../../../../domain/tuf/errors.js";
import { SilentSignerError } from "./timely-keys.js";

/** A key that was to sign and could not. Its role is signed all the same where enough others signed. */
export interface KeyFailure {
  readonly keyId: string;
  readonly code: TufErrorCode;
  /** What was wrong, the last time. */
  readonly reason: string;
}

/** By key id: why keys could not sign. */
export class KeyFailures {
  readonly #byKey = new Map<string, TufError>();

  has(keyId: string): boolean {
    return this.#byKey.has(keyId);
  }

  /** Whether it failed otherwise than by its silence: to find out about that again takes too long. */
  isAskedAgain(keyId: string): boolean {
    const error = this.#byKey.get(keyId);
    return error !== undefined && !(error instanceof SilentSignerError);
  }

  /** @param error what loading the key, or signing with it, threw */
  add(keyId: string, error: unknown): void {
    this.#byKey.set(keyId, error instanceof TufError ? error : unavailable(error));
  }

  of(keyId: string): KeyFailure | undefined {
    const error = this.#byKey.get(keyId);
    return error && { keyId, code: error.code, reason: error.message };
  }

  list(): readonly KeyFailure[] {
    return Array.from(this.#byKey.keys(), (keyId) => this.of(keyId)!);
  }

  /**
   * What is thrown where too few signed: KEY_NOT_FOUND where none of the keys failed, else the code of the first that did.
   * @param asked what was asked for, and what there is of it
   */
  tooFew(asked: string, keyIds: readonly string[]): TufError {
    const failed = keyIds.filter((keyId) => this.has(keyId));
    const [first, ...others] = failed.map((keyId) => this.#byKey.get(keyId)!);
    if (first === undefined) return new TufError("KEY_NOT_FOUND", asked);
    const reasons = failed.map((keyId) => `key ${keyId}: ${this.#byKey.get(keyId)!.message}`).join("; ");
    const cause = others.length === 0 ? first : new AggregateError([first, ...others]);
    return new TufError(first.code, `${asked}; ${reasons}`, { cause });
  }
}

/** Signers are others' code, and say in their own words that they cannot be had. */
function unavailable(error: unknown): TufError {
  const reason = error instanceof Error ? error.message : String(error);
  return new TufError("SIGNER_UNAVAILABLE", reason, { cause: error });
}

/** Each key once. */
export function distinctFailures(...lists: readonly (readonly KeyFailure[])[]): readonly KeyFailure[] {
  return [...new Map(lists.flat().map((failure) => [failure.keyId, failure])).values()];
}
