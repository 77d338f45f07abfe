import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { runAsChild } from "../support/child-side.js";
import { contentOf, REPOSITORY, type TufPlace, workerAt } from "./tuf-place.js";

/** One call: targets with the text that they hold, or paths to remove. */
export type TufEdit = { readonly put: Readonly<Record<string, string>> } | { readonly drop: readonly string[] };

export interface TufWork {
  readonly place: TufPlace;
  /** Done one after the other; each is reported as soon as it is acknowledged. */
  readonly edits: readonly TufEdit[];
  /** Publishes after every so many edits. */
  readonly publishEvery?: number;
}

/** A worker of a repository: edits, publishes now and then, and tells its parent the number of each accepted edit. */
await runAsChild<TufWork, { readonly published: number }>(async ({ place, edits, publishEvery }, parent) => {
  const { database, ports } = workerAt(place);
  await database.connect();
  const publisher = new PublishTufRepository(ports);
  await parent.ready();
  let published = 0;
  for (const [index, edit] of edits.entries()) {
    if ("put" in edit) {
      const targets = Object.entries(edit.put).map(([path, text]) => [path, contentOf(text)] as const);
      await addTargets(ports, REPOSITORY, new Map(targets));
    } else {
      await removeTargets(ports, REPOSITORY, edit.drop);
    }
    await parent.send(index);
    if (publishEvery !== undefined && (index + 1) % publishEvery === 0) {
      await publisher.publish(REPOSITORY);
      published += 1;
    }
  }
  await database.close();
  return { published };
});
