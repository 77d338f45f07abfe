import type { BinEdits, TargetEdit, TargetEdits } from "./target-edits.js";

interface Call {
  readonly bins: readonly BinEdits[];
  readonly resolve: (removed: ReadonlySet<TargetEdit>) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls that are accepted together at most. */
const MOST_CALLS = 512;

/**
 * Accepts edits one batch at a time; whatever is asked for meanwhile is the next batch. Callers wait for no timer, and many
 * that wait cost one transaction. Within a repository edits are accepted in the order of the calls.
 */
export class CoalescedTargetEdits implements TargetEdits {
  readonly #queues = new Map<string, Call[]>();

  constructor(private readonly edits: TargetEdits) {}

  accept(repository: string, bins: readonly BinEdits[]): Promise<ReadonlySet<TargetEdit>> {
    return new Promise((resolve, reject) => {
      const call = { bins, resolve, reject };
      const queue = this.#queues.get(repository);
      if (queue !== undefined) queue.push(call);
      else {
        this.#queues.set(repository, [call]);
        void this.#work(repository);
      }
    });
  }

  async #work(repository: string): Promise<void> {
    const queue = this.#queues.get(repository)!;
    await Promise.resolve(); // callers that were woken together, as by one publish, ask together
    while (queue.length > 0) await this.#acceptTogether(repository, queue.splice(0, together(queue)));
    this.#queues.delete(repository);
  }

  /** What one call is refused for must not fail the others: then each is by itself. */
  async #acceptTogether(repository: string, calls: readonly Call[]): Promise<void> {
    try {
      const removed = await this.edits.accept(repository, merged(calls));
      for (const { resolve } of calls) resolve(removed);
    } catch (error) {
      if (calls.length === 1) calls[0]!.reject(error);
      else for (const call of calls) await this.#acceptTogether(repository, [call]);
    }
  }
}

/** How many of the first calls are accepted together: those that follow the same version of `targets`. */
function together(queue: readonly Call[]): number {
  const first = followed(queue[0]!);
  const other = queue.findIndex((call) => followed(call) !== first);
  return Math.min(other < 0 ? queue.length : other, MOST_CALLS);
}

function followed({ bins }: Call): number | undefined {
  return bins[0]?.follows;
}

/** One entry per bin, its edits in the order of the calls. */
function merged(calls: readonly Call[]): readonly BinEdits[] {
  const byBin = new Map<string, BinEdits & { readonly edits: TargetEdit[] }>();
  for (const given of calls.flatMap(({ bins }) => bins)) {
    const known = byBin.get(given.bin);
    if (known === undefined) byBin.set(given.bin, { ...given, edits: [...given.edits] });
    else known.edits.push(...given.edits);
  }
  return [...byBin.values()];
}
