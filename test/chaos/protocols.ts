import { TRANSITION, type TrustedRole } from "../../domain/tuf/trust.js";
import { REPOSITORY } from "../integration/tuf-place.js";
import type { Chaos } from "./chaos.js";
import { NESTED, NESTING, type Turn } from "./turn.js";

const DAY = 24 * 3_600_000;

/** What the actor does in a round, and what the survivor does so that it is done. */
export interface Round {
  readonly turn: Turn;
  readonly finish: readonly Turn[];
}

/** One kind of work, done again and again, and held up at its first failpoint, its second, and so on. */
export interface Protocol {
  readonly name: string;
  /** From 1. Two new targets are accepted and not published by then. */
  round(round: number, chaos: Chaos, prepared: readonly string[]): Promise<Round> | Round;
  /** Failpoints that its work has at least: with fewer the test would prove less than it says. */
  readonly reaches: readonly string[];
}

const PUBLISH: Turn = { kind: "publish" };
const PRUNE: Turn = { kind: "prune", keepFor: 0 };
export const REPAIR: Turn = { kind: "repair" };

export const PUBLISHING: Protocol = {
  name: "publishing",
  round: () => ({ turn: PUBLISH, finish: [PUBLISH] }),
  reaches: [
    ...["store.dueRoles", "store.roleStates", "signer.sign", "store.commitSnapshot"],
    ...["files.putAll", "files.replaceTimestamp", "store.recordExport"],
  ],
};

/** Both roles have new targets, which the client then looks for. */
export const PUBLISHING_NESTED: Protocol = {
  name: "publishing custom roles below custom roles",
  round: async (round, chaos) => {
    const { outer, inner } = NESTED;
    const paths = [`${outer}/${round}`, `${outer}/${inner}/${round}`];
    const targets = Object.fromEntries(paths.map((path) => [path, path]));
    await chaos.survivorDoes(...(round === 1 ? NESTING : []), { kind: "add", targets });
    return { turn: PUBLISH, finish: [PUBLISH] };
  },
  reaches: ["trust.delegatedRoles", "store.commitSignedRoles", "store.commitSnapshot", "files.replaceTimestamp"],
};

export const ADDING: Protocol = {
  name: "adding",
  // Of odd rounds it is new, in even ones it has other content.
  round: (round) => ({
    turn: { kind: "add", targets: { [`edited/${Math.ceil(round / 2)}`]: `content ${round}` } },
    finish: [PUBLISH],
  }),
  reaches: ["edits.accept"],
};

export const REPAIRING: Protocol = {
  name: "putting back what storage lost",
  round: async (_, chaos) => {
    await chaos.damages();
    return { turn: REPAIR, finish: [REPAIR] };
  },
  reaches: ["files.restore", "files.putAll", "files.replaceTimestamp", "store.recordExport"],
};

export const PROTOCOLS: readonly Protocol[] = [
  PUBLISHING,
  PUBLISHING_NESTED,
  {
    name: "publishing some",
    round: (_, __, paths) => ({ turn: { kind: "publish some", paths: paths.slice(1) }, finish: [PUBLISH] }),
    reaches: ["store.commitSignedRoles", "store.commitSnapshot", "files.putAll", "files.replaceTimestamp"],
  },
  {
    name: "renewing",
    round: (round) => {
      const turn: Turn = { kind: "bump", ahead: round * 100 * DAY };
      return { turn, finish: [turn] };
    },
    reaches: ["store.expiringRoles", "store.commitSignedRoles", "store.commitSnapshot", "files.replaceTimestamp"],
  },
  ADDING,
  {
    name: "removing",
    round: async (round, chaos) => {
      const path = `edited/${round}`;
      await chaos.survivorDoes({ kind: "add", targets: { [path]: path } }, PUBLISH);
      return { turn: { kind: "remove", paths: [path] }, finish: [PUBLISH] };
    },
    reaches: ["edits.accept"],
  },
  {
    name: "deleting old files",
    round: async (_, chaos) => {
      await chaos.survivorDoes(PUBLISH);
      return { turn: PRUNE, finish: [PRUNE] };
    },
    reaches: ["store.oldFiles", "files.remove", "store.forgetFiles"],
  },
  REPAIRING,
  rotating("root"),
  rotating("timestamp"),
  rotating("snapshot"),
  rotating("targets"),
  rotating("bins"),
  delegating(""),
  delegating(" with bins below it", { bins: 2 }),
  delegating(" below another one", { below: NESTED.outer }),
];

/** Work that publishes all that was accepted, and is answered before that is recorded. */
export const UNRECORDED: readonly Protocol[] = [PUBLISHING, PUBLISHING_NESTED, delegating("")];

/** Both replace the same key, each time so late that no key signs any more that was replaced before. */
function rotating(role: TrustedRole): Protocol {
  return {
    name: `rotating the key of ${role}`,
    round: async (round, { survivor }) => {
      const [former] = (await survivor.ports.store.repository(REPOSITORY))!.trust[role].keyIds;
      const turn: Turn = { kind: "rotate", role, former: former!, ahead: round * 2 * TRANSITION };
      return { turn, finish: [turn, { ...PUBLISH, ahead: turn.ahead! }] };
    },
    reaches:
      role === "bins"
        ? ["keys.generate", "trust.commitBinsTrust"]
        : ["keys.generate", "trust.openEvent", "trust.addSignature", "trust.commitRoot"],
  };
}

function delegating(what: string, how: { readonly below?: string; readonly bins?: number } = {}): Protocol {
  return {
    name: `adding and removing a custom role${what}`,
    round: async (round, chaos) => {
      if (round === 1 && how.below !== undefined) await chaos.survivorDoes({ kind: "delegate", role: how.below });
      const kind = round % 2 === 0 ? "end delegation" : "delegate";
      const turn: Turn = { kind, role: "team", ...how };
      return { turn, finish: [turn] };
    },
    reaches: ["trust.commitDelegations", "store.commitSignedRoles", "store.commitSnapshot", "files.replaceTimestamp"],
  };
}
