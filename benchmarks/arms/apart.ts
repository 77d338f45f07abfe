/** As many of an arm as there are writers, with one connection each: no two updates at a time are in one of them. */
export class Apart<A extends { close(): Promise<void> }> {
  readonly #idle: A[];

  private constructor(private readonly all: readonly A[]) {
    this.#idle = [...all];
  }

  static async open<A extends { close(): Promise<void> }>(count: number, open: () => Promise<A>): Promise<Apart<A>> {
    return new Apart(await Promise.all(Array.from({ length: count }, open)));
  }

  /** @throws Error where all of them are at work */
  async one<T>(work: (arm: A) => Promise<T>): Promise<T> {
    const arm = this.#idle.pop();
    if (arm === undefined) throw new Error(`more than ${this.all.length} at a time`);
    try {
      return await work(arm);
    } finally {
      this.#idle.push(arm);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((arm) => arm.close()));
  }
}
