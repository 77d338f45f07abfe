import { SingleBar } from "cli-progress";
import { progressLine } from "./progress-line.js";

export interface ProgressOptions {
  readonly output?: NodeJS.WriteStream;
  /** What is there at the end: the bar, elsewhere than on a terminal one line; or nothing. */
  readonly leaves?: "a line" | "nothing";
  readonly unit?: "pieces" | "bytes";
  /** What an earlier run has done of the total. */
  readonly before?: number;
}

/** Labels of bars below one another are as long as this. */
const LABEL = 34;

/** On a terminal a bar with share, rate and the time that is left, or a count where nobody knows the total. */
export class Progress {
  readonly #bar: SingleBar | undefined;
  readonly #output: NodeJS.WriteStream;
  readonly #leavesLine: boolean;
  readonly #before: number;
  readonly #startedAt = performance.now();
  #done: number;

  constructor(
    private readonly label: string,
    private readonly total: number | undefined,
    { output = process.stdout, leaves = "a line", unit = "pieces", before = 0 }: ProgressOptions = {},
  ) {
    this.#output = output;
    this.#leavesLine = leaves === "a line";
    this.#before = before;
    this.#done = before;
    if (!output.isTTY || (total === 0 && !this.#leavesLine)) return;
    const line = (): string => {
      const state = { label, total, done: this.#done, before, seconds: this.#seconds(), unit };
      return progressLine(state, output.columns > 0 ? output.columns : 80);
    };
    this.#bar = new SingleBar({
      format: line,
      // Only with who stops it whatever happens: a terminal without a cursor is no fun.
      hideCursor: this.#leavesLine,
      clearOnComplete: !this.#leavesLine,
      stream: output,
    });
    this.#bar.start(total ?? 0, before);
  }

  advance(by = 1): void {
    this.#done += by;
    this.#bar?.update(this.#done);
  }

  /** A line of text above the bar. */
  say(text: string): void {
    if (this.#bar !== undefined) this.#output.write("\r\u001B[K");
    this.#output.write(`${text}\n`);
    this.#bar?.render();
  }

  /** A bar on standard error while `work` is under way: what a command answers is on standard output. */
  static async during<T>(
    label: string,
    total: number | undefined,
    work: (progress: Progress) => Promise<T>,
  ): Promise<T> {
    const progress = new Progress(label, total, { output: process.stderr, leaves: "nothing" });
    try {
      return await work(progress);
    } finally {
      progress.stop();
    }
  }

  /** Ends the bar where it is. */
  stop(): void {
    this.#bar?.stop();
  }

  /** Ends it: all is done. */
  finish(): void {
    this.stop();
    if (this.#bar === undefined && this.#leavesLine) {
      const total = this.total === undefined ? "" : `/${this.total}`;
      const before = this.#before === 0 ? "" : ` (${this.#before} before)`;
      const seconds = this.#seconds().toFixed(1);
      this.#output.write(`${this.label.padEnd(LABEL)} ${this.#done}${total}${before}  ${seconds} s\n`);
    }
  }

  #seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }
}
