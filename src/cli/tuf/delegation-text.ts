import type { DelegationSigning } from "../../application/tuf/delegations/delegation-signing.js";
import type { DelegationStatus } from "../../application/tuf/delegations/delegation-status.js";
import type { HiddenTargets } from "../../application/tuf/delegations/hidden-targets.js";
import { shortId } from "./signing-text.js";

/** What a custom role looks like to a program. */
export function delegationJson({ above, expiresAt, signing, ...status }: DelegationStatus): object {
  return {
    ...status,
    above: above ?? null,
    expires: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    signing: signing === undefined ? null : delegationSigningJson(signing),
  };
}

/** What awaits signatures of a custom role, to a program. */
export function delegationSigningJson({ role, event, threshold, keyIds, signed, missing }: DelegationSigning): object {
  return {
    role,
    event: event.number,
    state: event.state,
    metadataVersion: event.metadataVersion,
    expires: new Date(event.expiresAt).toISOString(),
    threshold,
    keyIds,
    signed,
    missing,
  };
}

/** And to people. */
export function delegationSigningText({ role, event, threshold, keyIds, signed, missing }: DelegationSigning): string {
  const others = keyIds.filter((keyId) => !signed.includes(keyId)).map(shortId);
  const how = missing === 0 ? "complete; publish it" : `${missing} more of ${others.join(", ")}`;
  const head = `${role} ${event.metadataVersion} (signing event ${event.number})`;
  return `${head}: ${signed.length} of ${threshold} signatures, ${how}`;
}

/** Targets that no client finds, to people: a line for each role that their search ends at. */
export function hiddenText(hidden: readonly HiddenTargets[]): readonly string[] {
  return hidden.map(({ role, reason, targets, examples }) => {
    const shown = examples.join(", ") + (targets > examples.length ? `, and ${targets - examples.length} more` : "");
    if (reason === "limit") {
      const limit = `clients ask at most 32 roles for a path, and end at role ${role}`;
      return `${limit} before they find ${targets} targets: ${shown}; add them again to move them to the first of these roles`;
    }
    return `terminating role ${role} hides ${targets} targets from clients: ${shown}; add them again to move them there`;
  });
}
