import { SingleBar } from "cli-progress";

/** A progress bar on a terminal, or a count where nobody knows the total. */
export class Progress {
  readonly #bar: SingleBar | undefined;
  readonly #startedAt = performance.now();
  #done = 0;

  constructor(
    private readonly label: string,
    private readonly total: number | undefined,
    private readonly output: NodeJS.WriteStream = process.stdout,
    /** What is there at the end: the bar, elsewhere than on a terminal one line; or nothing. */
    private readonly leaves: "a line" | "nothing" = "a line",
  ) {
    if (!output.isTTY || (total === 0 && leaves === "nothing")) return;
    const bar = total === undefined ? "{value}" : "{bar} {value}/{total}";
    this.#bar = new SingleBar({
      format: `${label.padEnd(34)} ${bar}  {duration_formatted}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      // Only with who stops it whatever happens: a terminal without a cursor is no fun.
      hideCursor: leaves === "a line",
      clearOnComplete: leaves === "nothing",
      stream: output,
    });
    this.#bar.start(total ?? 0, 0);
  }

  advance(by = 1): void {
    this.#done += by;
    this.#bar?.update(this.#done);
  }

  /** A line of text above the bar. */
  say(text: string): void {
    if (this.#bar !== undefined) this.output.write("\r\u001B[K");
    this.output.write(`${text}\n`);
    this.#bar?.render();
  }

  /** A bar on standard error while `work` is under way: what a command answers is on standard output. */
  static async during<T>(
    label: string,
    total: number | undefined,
    work: (progress: Progress) => Promise<T>,
  ): Promise<T> {
    const progress = new Progress(label, total, process.stderr, "nothing");
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
    if (this.#bar === undefined && this.leaves === "a line") {
      const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
      const total = this.total === undefined ? "" : `/${this.total}`;
      this.output.write(`${this.label.padEnd(34)} ${this.#done}${total}  ${seconds} s\n`);
    }
  }
}
