import { writeFile } from "node:fs/promises";
import type { DelegationSigning } from "../../application/tuf/delegations/delegation-signing.js";
import type { TufDelegationService } from "../../application/tuf/tuf-delegation-service.js";
import type { Answer } from "./answer.js";
import { delegationSigningJson, delegationSigningText } from "./delegation-text.js";
import { signatureFrom } from "./signature-file.js";
import { failureText, shortId } from "./signing-text.js";

interface SignRoleFlags {
  readonly key?: readonly string[];
  readonly payload?: string;
  readonly add?: string;
  readonly cancel?: boolean;
}

/** Signs what awaits signatures of a custom role, or what else is asked for. At most one of the flags is given. */
export async function signRole(
  delegations: TufDelegationService,
  role: string,
  { key, payload, add, cancel }: SignRoleFlags,
): Promise<Answer> {
  if (payload !== undefined) return writePayload(await delegations.signing(role), payload);
  if (add !== undefined) return told(await delegations.addSignature(role, await signatureFrom(add)));
  if (cancel === true) {
    await delegations.cancelSigning(role);
    return { text: `given up; the next publish asks for signatures of ${role} anew`, json: { role, signing: null } };
  }
  const { signing, signedWith, keyFailures } = await delegations.sign(role, key);
  const { text, json } = told(signing);
  const lines = [`signed with ${signedWith.map(shortId).join(", ")}`, ...keyFailures.map(failureText), text];
  return { text: lines.join("\n"), json: { signedWith, keyFailures, ...json } };
}

async function writePayload({ role, event }: DelegationSigning, file: string): Promise<Answer> {
  await writeFile(file, event.payload, { flag: "wx" });
  const text = `${event.payload.length} bytes to sign for ${role} ${event.metadataVersion} are in ${file}`;
  return { text, json: { event: event.number, file, length: event.payload.length } };
}

function told(signing: DelegationSigning): Answer {
  return { text: delegationSigningText(signing), json: { signing: delegationSigningJson(signing) } };
}
