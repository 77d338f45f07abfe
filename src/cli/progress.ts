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

/** Between two drawings of a bar, in milliseconds. */
const PAUSE = 100;

/** To the begin of the line, which is cleared: nothing else of the terminal is touched, or has to be put right again. */
const CLEARED = "\r\u001B[K";

/** On a terminal a bar with share, rate and the time that is left, or a count where nobody knows the total. */
export class Progress {
  readonly #output: NodeJS.WriteStream;
  readonly #leavesLine: boolean;
  readonly #before: number;
  readonly #unit: "pieces" | "bytes";
  readonly #startedAt = performance.now();
  readonly #isDrawn: boolean;
  #timer: NodeJS.Timeout | undefined;
  #drawnAt = 0;
  #done: number;

  constructor(
    private readonly label: string,
    private readonly total: number | undefined,
    { output = process.stdout, leaves = "a line", unit = "pieces", before = 0 }: ProgressOptions = {},
  ) {
    this.#output = output;
    this.#leavesLine = leaves === "a line";
    this.#before = before;
    this.#unit = unit;
    this.#done = before;
    this.#isDrawn = output.isTTY && (total !== 0 || this.#leavesLine);
    if (!this.#isDrawn) return;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), PAUSE).unref();
  }

  advance(by = 1): void {
    this.#done += by;
    // Work that never waits lets no timer run.
    if (this.#timer !== undefined && performance.now() - this.#drawnAt > 2 * PAUSE) this.#draw();
  }

  /** A line of text above the bar. */
  say(text: string): void {
    if (this.#timer === undefined) this.#output.write(`${text}\n`);
    else this.#draw(`${text}\n`);
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
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!this.#leavesLine) this.#output.write(CLEARED);
    else {
      this.#draw();
      this.#output.write("\n");
    }
  }

  /** Ends it: all is done. */
  finish(): void {
    this.stop();
    if (this.#isDrawn || !this.#leavesLine) return;
    const total = this.total === undefined ? "" : `/${this.total}`;
    const before = this.#before === 0 ? "" : ` (${this.#before} before)`;
    const seconds = this.#seconds().toFixed(1);
    this.#output.write(`${this.label.padEnd(LABEL)} ${this.#done}${total}${before}  ${seconds} s\n`);
  }

  #draw(above = ""): void {
    const { label, total } = this;
    const seconds = this.#seconds();
    const state = { label, total, done: this.#done, before: this.#before, seconds, unit: this.#unit };
    const columns = this.#output.columns > 0 ? this.#output.columns : 80;
    this.#output.write(CLEARED + above + progressLine(state, columns));
    this.#drawnAt = performance.now();
  }

  #seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }
}
