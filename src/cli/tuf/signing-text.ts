import type { KeyFailure } from "../../application/tuf/trust/key-failure.js";
import type { SigningStatus } from "../../application/tuf/trust/signing-status.js";

/** What a root that awaits signatures looks like to a program. */
export function signingJson({ event, progress }: SigningStatus): object {
  return {
    event: event.number,
    state: event.state,
    rootVersion: event.metadataVersion,
    expires: new Date(event.expiresAt).toISOString(),
    authorities: progress.map(({ rootVersion, threshold, keyIds, signed, missing }) => ({
      rootVersion,
      threshold,
      keyIds,
      signed,
      missing,
    })),
  };
}

/** And to people. */
export function signingText({ event, progress }: SigningStatus): string {
  const head = `root ${event.metadataVersion} (signing event ${event.number}) is ${STATES[event.state]}`;
  if (event.state !== "open") return head;
  const lines = progress.map(({ rootVersion, threshold, keyIds, signed, missing }) => {
    const others = keyIds.filter((keyId) => !signed.includes(keyId));
    const how = missing === 0 ? "complete" : `${missing} more of ${others.map(shortId).join(", ")}`;
    return `  by root ${rootVersion}: ${signed.length} of ${threshold} signatures, ${how}`;
  });
  return [head, ...lines].join("\n");
}

const STATES = { open: "awaiting signatures", finalised: "signed; publish it", cancelled: "given up" } as const;

/** A key that was to sign and could not. */
export function failureText({ keyId, code, reason }: KeyFailure): string {
  return `key ${shortId(keyId)} did not sign: ${reason} (${code})`;
}

/** Enough of a key id to tell keys apart. */
export function shortId(keyId: string): string {
  return keyId.slice(0, 12);
}
