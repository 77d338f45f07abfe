import { Command } from "commander";
import { addAdd } from "./tuf/add-command.js";
import { addDelegation } from "./tuf/delegation-command.js";
import { addExpires } from "./tuf/expires-command.js";
import { addImport } from "./tuf/import-command.js";
import { addInit } from "./tuf/init-command.js";
import { addKey } from "./tuf/key-command.js";
import { addPrune } from "./tuf/prune-command.js";
import { addBump, addPublish } from "./tuf/publish-command.js";
import { addRemove } from "./tuf/remove-command.js";
import { addSign } from "./tuf/sign-command.js";
import { addStatus } from "./tuf/status-command.js";
import { addVerify } from "./tuf/verify-command.js";

/** @param program whose settings hold here, too */
export function tufCommand(program: Command): Command {
  const tuf = new Command("tuf")
    .copyInheritedSettings(program)
    .description("a TUF repository: any number of people and machines may run these commands at once")
    .showHelpAfterError("(--help shows how it is used)");
  const trust = [addInit, addImport, addKey, addDelegation, addSign];
  const content = [addAdd, addRemove, addPublish, addBump, addExpires, addPrune];
  for (const add of [...trust, ...content, addStatus, addVerify]) add(tuf);
  return tuf;
}
