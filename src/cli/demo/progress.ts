import { SingleBar } from "cli-progress";

/** A progress bar on a terminal; one line at the end elsewhere. */
export class Progress {
  readonly #bar: SingleBar | undefined;
  readonly #startedAt = performance.now();
  #done = 0;

  constructor(
    private readonly label: string,
    private readonly total: number,
    private readonly output: NodeJS.WriteStream = process.stdout,
  ) {
    if (!output.isTTY) return;
    this.#bar = new SingleBar({
      format: `${label.padEnd(34)} {bar} {value}/{total}  {duration_formatted}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      hideCursor: true,
      stream: output,
    });
    this.#bar.start(total, 0);
  }

  advance(by = 1): void {
    this.#done += by;
    this.#bar?.update(this.#done);
  }

  /** Ends the bar; it stays on the screen. */
  finish(): void {
    this.#bar?.stop();
    if (this.#bar === undefined) {
      const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
      this.output.write(`${this.label.padEnd(34)} ${this.#done}/${this.total}  ${seconds} s\n`);
    }
  }
}
