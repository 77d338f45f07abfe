import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { runAsChild } from "../support/child-side.js";
import { REPOSITORY, type TufPlace, workerAt } from "./tuf-place.js";

export interface SignerOrder {
  readonly place: TufPlace;
  /** Where this person's key is. */
  readonly keys: string;
}

/** One of several people who sign the root at the same time; answers "signed", or why not. */
await runAsChild<SignerOrder, string>(async ({ place, keys }, parent) => {
  const { database, ports } = workerAt(place);
  await database.connect();
  await parent.ready();
  const outcome = await signRoot({ ...ports, keys: new KeyFiles(keys, ports.codec) }, REPOSITORY).then(
    () => "signed",
    (error: unknown) => String((error as { code?: unknown }).code ?? error),
  );
  await database.close();
  return outcome;
});
