import { type Command, InvalidArgumentError } from "commander";
import type { ExpiryPolicy } from "../../../domain/tuf/expiry.js";
import { withLifetime } from "../../application/tuf/with-lifetime.js";
import { codeOf, messageOf } from "../exit-code.js";
import { duration } from "./arguments.js";

/** Those that were given, by role. */
export type Lifetimes = Partial<ExpiryPolicy>;

export interface ExpiryFlags {
  readonly expires?: Lifetimes;
}

export const ROLES: readonly (keyof ExpiryPolicy)[] = ["root", "targets", "bins", "snapshot", "timestamp"];

/** How long metadata of a new repository is good, by role. */
export function withExpiryOption(command: Command): Command {
  return command.option(
    "--expires <role=time>",
    `how long metadata of ${ROLES.join(", ")} is good, where not as by default: timestamp=12h, or with when it is ` +
      "renewed, timestamp=12h,4h; repeatable",
    withExpiry,
  );
}

/** Lifetimes that were given before, and `role=time`. */
export function withExpiry(given: string, before?: Lifetimes): Lifetimes {
  const [, name, lifetime = "", renewBefore] = /^(\w+)=(\w+)(?:,(\w+))?$/.exec(given) ?? [];
  const role = ROLES.find((one) => one === name);
  if (role === undefined) {
    throw new InvalidArgumentError(`It is one of ${ROLES.join(", ")}, and a time: timestamp=12h.`);
  }
  const times = [duration(lifetime), renewBefore === undefined ? undefined : duration(renewBefore)] as const;
  try {
    return withLifetime(role, ...times, before);
  } catch (error) {
    if (codeOf(error) !== "INVALID_VALUE") throw error;
    throw new InvalidArgumentError(messageOf(error));
  }
}
