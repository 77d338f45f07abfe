/** Ends a simulated process at a chosen step: that call, before or after its effect, and every call after it fails. */
export class Fuse {
  #left: number;
  blown = false;
  /** The call that it blew at. */
  at: string | undefined;

  constructor(
    calls: number,
    private readonly when: "before" | "after",
  ) {
    this.#left = calls;
  }

  /** The same port; each of its method calls burns the fuse by one. */
  guard<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return async (...parameters: unknown[]): Promise<unknown> => {
          if (this.blown) throw new Error("crashed");
          this.#left -= 1;
          this.blown = this.#left === 0;
          const last = this.blown;
          if (last) this.at = String(name);
          if (last && this.when === "before") throw new Error("crashed");
          const answer: unknown = await Reflect.apply(member, target, parameters);
          if (last) throw new Error("crashed");
          return answer;
        };
      },
    });
  }
}
