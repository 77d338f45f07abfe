import { TufError } from "../../domain/tuf/errors.js";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import { isRooted, type TrustedRole } from "../../domain/tuf/trust.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { exportTufRepository } from "../../src/application/tuf/publish/export-tuf-repository.js";
import { changeBinsTrust } from "../../src/application/tuf/trust/change-bins-trust.js";
import { proposeRoot } from "../../src/application/tuf/trust/propose-root.js";
import { pruneTufRepository } from "../../src/application/tuf/publish/prune-tuf-repository.js";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import type { TufPorts } from "../../src/application/tuf/tuf-repository-service.js";
import { contentOf, REPOSITORY } from "../integration/tuf-place.js";

/** One thing that a worker of a repository does. */
export type Turn = (
  | { readonly kind: "publish" }
  /** Makes the accepted edits of these paths visible. */
  | { readonly kind: "publish some"; readonly paths: readonly string[] }
  /** Targets by path, with the text that they hold. */
  | { readonly kind: "add"; readonly targets: Readonly<Record<string, string>> }
  | { readonly kind: "remove"; readonly paths: readonly string[] }
  /** Renews all metadata that is due, or was about to be. */
  | { readonly kind: "bump" }
  /** Replaces a role's key: this one, or else the first that it has. */
  | { readonly kind: "rotate"; readonly role: TrustedRole; readonly former?: string }
  /** Deletes old files; `keepFor` in milliseconds. */
  | { readonly kind: "prune"; readonly keepFor: number }
  /** Puts back all that storage lost or damaged. */
  | { readonly kind: "repair" }
  /** Adds a custom role for the paths of a directory of its name, there `below` another one or not, or removes it; then publishes. */
  | { readonly kind: "delegate"; readonly role: string; readonly below?: string; readonly bins?: number }
  | { readonly kind: "end delegation"; readonly role: string }
) & {
  /** Milliseconds by which the worker's clock is ahead of the machine's. */
  readonly ahead?: number;
};

/** A custom role below another one, and what makes both. */
export const NESTED = { outer: "group", inner: "core" } as const;
export const NESTING: readonly Turn[] = [
  { kind: "delegate", role: NESTED.outer },
  { kind: "delegate", role: NESTED.inner, below: NESTED.outer },
];

const YEARS = 10 * 365 * 24 * 3_600_000;

/** Several of them may do the same at once, or go on with what another one left behind. */
export class TurnTaker {
  #ahead = 0;
  readonly #ports: TufPorts;
  readonly #publisher: PublishTufRepository;

  constructor(ports: TufPorts) {
    const { clock } = ports;
    const now = (): number => clock.now() + this.#ahead;
    this.#ports = { ...ports, clock: { ...clock, now } };
    this.#publisher = new PublishTufRepository(this.#ports);
  }

  /** What a publish leaves to be done after its answer is part of the turn. */
  async take(turn: Turn): Promise<void> {
    await this.answer(turn);
    await this.recorded();
  }

  /** A turn up to its answer: what a publish leaves to be recorded comes later, beside other turns, or never. */
  async answer(turn: Turn): Promise<void> {
    this.#ahead = turn.ahead ?? 0;
    await this.#do(turn);
  }

  recorded(): Promise<void> {
    return this.#publisher.recorded(REPOSITORY);
  }

  async #do(turn: Turn): Promise<void> {
    switch (turn.kind) {
      case "publish":
        await this.#publisher.publish(REPOSITORY);
        return;
      case "publish some":
        await this.#publisher.publishOnly(REPOSITORY, turn.paths);
        return;
      case "prune":
        await this.recorded();
        await pruneTufRepository(this.#ports, REPOSITORY, { keepFor: turn.keepFor });
        return;
      case "repair":
        await exportTufRepository(this.#ports, REPOSITORY, { isMending: true });
        return;
      case "add": {
        const targets = Object.entries(turn.targets).map(([path, text]) => [path, contentOf(text)] as const);
        await addTargets(this.#ports, REPOSITORY, new Map(targets));
        return;
      }
      case "remove":
        await removeTargets(this.#ports, REPOSITORY, turn.paths);
        return;
      case "bump":
        await this.#publisher.renew(REPOSITORY, { within: YEARS });
        return;
      case "delegate": {
        const { role, below, bins } = turn;
        const directory = below === undefined ? role : `${below}/${role}`;
        const request = {
          role,
          paths: [`${directory}/*`, `${directory}/*/*`],
          ...(below === undefined ? {} : { below }),
          ...(bins === undefined ? {} : { bins }),
        };
        await addDelegation(this.#ports, REPOSITORY, request).catch(unlessOvertaken);
        await this.#publisher.publish(REPOSITORY);
        return;
      }
      case "end delegation":
        await removeDelegation(this.#ports, REPOSITORY, turn.role).catch(unlessOvertaken);
        await this.#publisher.publish(REPOSITORY);
        return;
      case "rotate":
        await rotate(this.#ports, turn.role, turn.former).catch(unlessOvertaken);
    }
  }
}

/** A root that somebody proposed and nobody finished is finished instead. */
async function rotate(ports: TufPorts, role: TrustedRole, given: string | undefined): Promise<void> {
  if ((await ports.trust.openEventOf(REPOSITORY, "root")) === undefined) {
    const next = await ports.keys.generate();
    const { trust } = (await ports.store.repository(REPOSITORY))!;
    const former = given ?? trust[role].keyIds[0]!;
    if (!isRooted(role)) {
      await changeBinsTrust(ports, REPOSITORY, replaceKey([role], former, next));
      return;
    }
    await proposeRoot(ports, REPOSITORY, { changes: replaceKey([role], former, next) });
  }
  await signRoot(ports, REPOSITORY);
}

/** What is said to whoever comes second. */
const OVERTAKEN = new Set([
  ...["SIGNING_EVENT_OPEN", "SIGNING_EVENT_CLOSED", "SIGNING_EVENT_NOT_FOUND", "DUPLICATE_SIGNATURE"],
  ...["INVALID_TRUST", "PUBLISH_CONTENDED", "ROOT_OUT_OF_ORDER", "DELEGATION_EXISTS", "UNKNOWN_ROLE"],
]);

function unlessOvertaken(error: unknown): void {
  if (!(error instanceof TufError) || !OVERTAKEN.has(error.code)) throw error;
}
