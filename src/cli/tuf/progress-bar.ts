import { SingleBar } from "cli-progress";

/** A progress bar on standard error, on a terminal only: what a command answers is on standard output. */
export class ProgressBar {
  readonly #bar: SingleBar | undefined;

  /** @param total a counter is shown where nobody knows it */
  constructor(label: string, total: number | undefined, output: NodeJS.WriteStream = process.stderr) {
    if (!output.isTTY || total === 0) return;
    this.#bar = new SingleBar({
      format: `${label} ${total === undefined ? "{value}" : "{bar} {value}/{total}"}  {duration_formatted}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      clearOnComplete: true,
      stream: output,
    });
    this.#bar.start(total ?? Number.MAX_SAFE_INTEGER, 0);
  }

  advance(): void {
    this.#bar?.increment();
  }

  finish(): void {
    this.#bar?.stop();
  }

  /** Shows a bar while `work` is under way. */
  static async during<T>(label: string, total: number | undefined, work: (bar: ProgressBar) => Promise<T>): Promise<T> {
    const bar = new ProgressBar(label, total);
    try {
      return await work(bar);
    } finally {
      bar.finish();
    }
  }
}
