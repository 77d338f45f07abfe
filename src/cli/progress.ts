import { SingleBar } from "cli-progress";

/** A progress bar on a terminal, or a count where nobody knows the total; one line at the end elsewhere. */
export class Progress {
  readonly #bar: SingleBar | undefined;
  readonly #startedAt = performance.now();
  #done = 0;

  constructor(
    private readonly label: string,
    private readonly total: number | undefined,
    private readonly output: NodeJS.WriteStream = process.stdout,
  ) {
    if (!output.isTTY) return;
    const bar = total === undefined ? "{value}" : "{bar} {value}/{total}";
    this.#bar = new SingleBar({
      format: `${label.padEnd(34)} ${bar}  {duration_formatted}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      hideCursor: true,
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

  /** Ends the bar where it is; it stays on the screen. */
  stop(): void {
    this.#bar?.stop();
  }

  /** Ends the bar; it stays on the screen. */
  finish(): void {
    this.stop();
    if (this.#bar === undefined) {
      const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
      const total = this.total === undefined ? "" : `/${this.total}`;
      this.output.write(`${this.label.padEnd(34)} ${this.#done}${total}  ${seconds} s\n`);
    }
  }
}
