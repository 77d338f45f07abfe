import { Command } from "commander";
import { EXIT } from "./exit-code.js";
import { NoInputError } from "./demo/installed-packages.js";
import { StateInUseError } from "./demo/state-lock.js";

/** @param program whose settings hold here, too */
export function demoCommand(program: Command): Command {
  return new Command("demo")
    .copyInheritedSettings(program)
    .description(
      "let processes race for real metadata on an embedded database, publish files with TUF, verify all of it",
    )
    .showHelpAfterError()
    .argument("[directory]", "what to work on: a node_modules, or any directory with files", "node_modules")
    .option("--state <directory>", "where the database, keys and published metadata are kept", ".distinction")
    .action(async (directory: string, { state }: { state: string }) => {
      const abort = new AbortController();
      process.once("SIGINT", () => abort.abort());
      process.once("SIGTERM", () => abort.abort());
      try {
        // Loaded only here: help answers at once.
        const { runDemo } = await import("./demo/run-demo.js");
        process.exitCode = (await runDemo({ directory, state, signal: abort.signal })) ? 0 : 1;
      } catch (error) {
        process.exitCode = abort.signal.aborted ? EXIT.interrupted : EXIT.failure;
        console.error(
          abort.signal.aborted ? "\nStopped; run it again to go on." : `distinction demo: ${reason(error)}`,
        );
      }
    });
}

/** People get the message; a fault of ours keeps its stack. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected =
    error instanceof NoInputError ||
    error instanceof StateInUseError ||
    ("code" in error && typeof error.code === "string");
  return expected ? error.message : (error.stack ?? error.message);
}
