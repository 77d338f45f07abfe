import { EXIT } from "./exit-code.js";

/**
 * What Ctrl-C and SIGTERM do: end the process at once, which is safe at any statement of the library. Work that leaves
 * something of its own behind is asked to stop instead, and a second signal ends it.
 */
export class Interruption {
  #orderly: AbortController | undefined;
  #exitCode: number | undefined;

  constructor() {
    process.on("SIGINT", () => this.#interrupt(EXIT.interrupted));
    process.on("SIGTERM", () => this.#interrupt(EXIT.terminated));
  }

  /** The exit code, once there was a signal. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#orderly = new AbortController();
    try {
      return await work(this.#orderly.signal);
    } finally {
      this.#orderly = undefined;
    }
  }

  #interrupt(exitCode: number): void {
    const isSecond = this.#exitCode !== undefined;
    this.#exitCode = exitCode;
    if (this.#orderly === undefined || isSecond) process.exit(exitCode);
    this.#orderly.abort();
  }
}
