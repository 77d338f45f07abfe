/** What a path may hold; `undefined` for nothing. */
type Content = string | undefined;

/** That a path is to hold this. */
export type Edit = readonly [path: string, content: Content];

/**
 * What was accepted, from whom, and hence what may be published. Edits of one worker are in order; between workers the one
 * accepted last holds, and which one that was nobody knows.
 */
export class Promises {
  readonly #byPath = new Map<string, Map<string, Set<Content>>>();
  readonly #begun = new Map<string, readonly Edit[]>();

  begun(worker: string, edits: readonly Edit[]): void {
    this.doubted(worker);
    this.#begun.set(worker, edits);
  }

  accepted(worker: string): void {
    for (const [path, content] of this.#begun.get(worker) ?? []) this.#of(path).set(worker, new Set([content]));
    this.#begun.delete(worker);
  }

  /** The worker was killed, or told of an error: its last edit was accepted or not. */
  doubted(worker: string): void {
    for (const [path, content] of this.#begun.get(worker) ?? []) {
      const ofPath = this.#of(path);
      const possible = ofPath.get(worker) ?? new Set([undefined]);
      ofPath.set(worker, possible.add(content));
    }
    this.#begun.delete(worker);
  }

  /** What of `published` nobody promised, and what was promised and is not there. */
  broken(published: ReadonlyMap<string, string>): readonly string[] {
    const faults: string[] = [];
    for (const [path, byWorker] of this.#byPath) {
      const found = published.get(path);
      if ([...byWorker.values()].some((possible) => possible.has(found))) continue;
      faults.push(`${path} is ${found ?? "not there"}, which nobody accepted last`);
    }
    for (const path of published.keys()) if (!this.#byPath.has(path)) faults.push(`${path} was added by nobody`);
    return faults;
  }

  #of(path: string): Map<string, Set<Content>> {
    let ofPath = this.#byPath.get(path);
    if (ofPath === undefined) this.#byPath.set(path, (ofPath = new Map<string, Set<Content>>()));
    return ofPath;
  }
}
