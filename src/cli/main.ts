#!/usr/bin/env node
import { Command } from "commander";
import { demoCommand } from "./demo-command.js";

const program = new Command("distinction")
  .description("Persist what changed, not what was loaded.")
  .showHelpAfterError()
  .addCommand(demoCommand());

await program.parseAsync();
