/**
 * Runs one piece of work at a time; whoever asks meanwhile shares the single run that follows. Every caller is answered by
 * a run that began after it asked, so what it had written before is covered, and N callers cost at most two runs.
 */
export class GroupCommit<T> {
  #running: Promise<unknown> | undefined;
  #following: Promise<T> | undefined;

  constructor(private readonly work: () => Promise<T>) {}

  run(): Promise<T> {
    if (this.#following !== undefined) return this.#following;
    if (this.#running === undefined) return this.start();
    // Whether the run before succeeded is its own callers' affair.
    const start = (): Promise<T> => {
      this.#following = undefined;
      return this.start();
    };
    this.#following = this.#running.then(start, start);
    return this.#following;
  }

  private start(): Promise<T> {
    const run = this.work();
    this.#running = run;
    const end = () => {
      if (this.#running === run) this.#running = undefined;
    };
    run.then(end, end);
    return run;
  }
}
