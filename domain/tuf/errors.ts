/** Every code an error of the TUF layer can carry; a closed set to branch on. */
export const TUF_ERROR_CODES = [
  "CORRUPT_REPOSITORY",
  "DELEGATION_EXISTS",
  "DUPLICATE_SIGNATURE",
  "INVALID_BIN_COUNT",
  "INVALID_DELEGATION",
  "INVALID_KEY",
  "INVALID_METADATA",
  "INVALID_NAME",
  "INVALID_SIGNATURE",
  "INVALID_TARGET",
  "INVALID_TARGET_PATH",
  "INVALID_TRUST",
  "KEY_NOT_AUTHORIZED",
  "KEY_NOT_FOUND",
  "METADATA_TOO_LARGE",
  "PUBLISH_CONTENDED",
  "REPOSITORY_EXISTS",
  "REPOSITORY_NOT_FOUND",
  "ROLE_NOT_EMPTY",
  "ROOT_EXPIRED",
  "ROOT_OUT_OF_ORDER",
  "ROOT_UNSIGNED",
  "SIGNER_UNAVAILABLE",
  "SIGNING_EVENT_CLOSED",
  "SIGNING_EVENT_NOT_FOUND",
  "SIGNING_EVENT_OPEN",
  "STORAGE_UNAVAILABLE",
  "THRESHOLD_NOT_MET",
  "UNKNOWN_ROLE",
  "UNSUPPORTED_DELEGATION",
  "UNVERIFIED_METADATA",
] as const;

export type TufErrorCode = (typeof TUF_ERROR_CODES)[number];

/** The root of the hierarchy: branch on `code`, show `message` to people. Messages hold no key material. */
export class TufError extends Error {
  readonly code: TufErrorCode;

  constructor(code: TufErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** One reason why a target was refused. */
export interface TargetFault {
  /** METADATA_TOO_LARGE where there is no room for it in its role. */
  readonly code: "INVALID_TARGET_PATH" | "INVALID_TARGET" | "METADATA_TOO_LARGE";
  /** The path as given, escaped and cut: safe for a terminal and a log. */
  readonly path: string;
  /** What the rule asks for and what was found. */
  readonly reason: string;
}

const FAULTS_IN_MESSAGE = 5;

/** Targets that break a rule: all faults of the call are listed, and nothing of the call was accepted. */
export class InvalidTargetsError extends TufError {
  readonly faults: readonly TargetFault[];

  constructor(faults: readonly [TargetFault, ...TargetFault[]]) {
    const shown = faults.slice(0, FAULTS_IN_MESSAGE).map(({ path, reason }) => `"${path}": ${reason}`);
    const hidden = faults.length - shown.length;
    super(faults[0].code, shown.join("; ") + (hidden > 0 ? `; and ${hidden} more` : ""));
    this.faults = faults;
  }
}

export function rootUnsigned(repository: string): TufError {
  return new TufError("ROOT_UNSIGNED", `the first root of repository ${repository} awaits signatures`);
}

/** What is stored contradicts itself. Retrying cannot help: this needs a person. */
export function corrupt(what: string, options?: ErrorOptions): TufError {
  return new TufError("CORRUPT_REPOSITORY", what, options);
}
