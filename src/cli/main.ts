#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { demoCommand } from "./demo-command.js";
import { exitCodeOf } from "./exit-code.js";
import { imagesCommand } from "./images-command.js";
import { tufCommand } from "./tuf-command.js";

const program = new Command("distinction")
  .description("Persist what changed, not what was loaded.")
  .showHelpAfterError()
  .exitOverride();
program.addCommand(demoCommand(program)).addCommand(imagesCommand(program)).addCommand(tufCommand(program));

try {
  await program.parseAsync();
} catch (error) {
  // What commander has to say, it has said.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = exitCodeOf(error);
}
