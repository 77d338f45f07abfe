import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../exit-code.js";

/** Ids of the private keys that are kept as files in a directory. */
export async function keysIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  return names.flatMap((name) => /^([0-9a-f]{64})\.pem$/.exec(name)?.[1] ?? []).sort();
}

const SHOWN = 10;

/** Private keys that a new repository found and does not use, to people: nobody else tells them what these are. */
export function otherKeysText(directory: string, keyIds: readonly string[]): readonly string[] {
  if (keyIds.length === 0) return [];
  return [
    `private keys in ${directory} that this repository does not use; an init that was interrupted leaves such keys. Delete those that`,
    "nothing else uses, such as another repository:",
    ...keyIds.slice(0, SHOWN).map((keyId) => `  ${join(directory, `${keyId}.pem`)}`),
    ...(keyIds.length > SHOWN ? [`  and ${keyIds.length - SHOWN} more`] : []),
  ];
}
