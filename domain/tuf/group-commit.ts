/**
 * Runs one piece of work at a time; whoever asks meanwhile shares the single run that follows. Every caller is answered by
 * a run that began after it asked, so what it had written before is covered, and N callers cost at most two runs.
 *
 * A run begins a moment after it was asked for, once what is running now has had its turn: callers that were woken together
 * ask together, and none of them is to start a run of its own that all others have to wait for.
 */
export class GroupCommit<T> {
  #running: Promise<unknown> | undefined;
  #following: Promise<T> | undefined;

  constructor(private readonly work: () => Promise<T>) {}

  run(): Promise<T> {
    const start = (): Promise<T> => this.#start();
    // Whether the run before succeeded is its own callers' affair.
    this.#following ??= (this.#running ?? Promise.resolve()).then(start, start);
    return this.#following;
  }

  #start(): Promise<T> {
    this.#following = undefined;
    const run = this.work();
    this.#running = run;
    const end = () => {
      if (this.#running === run) this.#running = undefined;
    };
    run.then(end, end);
    return run;
  }
}
