import { setTimeout as pause } from "node:timers/promises";
import { type TrustedRole, TRUSTED_ROLES } from "../../../domain/tuf/trust.js";
import { withFailpoints } from "../../chaos/failpoints.js";
import { NESTED, type Turn, TurnTaker } from "../../chaos/turn.js";
import { contentOf, type TufPlace, workerAt } from "../../integration/tuf-place.js";
import { runAsChild } from "../../support/child-side.js";
import { seeded } from "../operation.js";
import { faultyFiles } from "./faulty-files.js";

export interface RoverOrder {
  readonly place: TufPlace;
  readonly name: string;
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly until: number;
}

export type RoverTold =
  | { readonly reached: string }
  | { readonly begun: readonly (readonly [path: string, sha256: string | null])[] }
  | { readonly turned: Turn["kind"]; readonly failed?: string }
  /** What no fault of machines explains. */
  | { readonly fault: string };

/** How often a failpoint is told, which lets the soak hold this process there. */
const HOLDS = 1 / 100;
const OWN_PATHS = 40;
/** However long it took to start. */
const LEAST_TURNS = 5;
const CONTESTED_PATHS = 10;
/** Milliseconds: longer than any process is frozen. */
const KEPT = 20_000;

/** What machines do to those who are innocent; the turn may or may not have taken place. */
const SUFFERED = new Set(["DATABASE_UNAVAILABLE", "DATABASE_ERROR", "STORAGE_UNAVAILABLE", "PUBLISH_CONTENDED"]);

/** Adds, removes, publishes, renews and rotates at random until its time is over. */
await runAsChild<RoverOrder, null>(async ({ place, name, seed, until }, parent) => {
  const random = seeded(seed);
  const { database, ports } = workerAt(place);
  const tell = (told: RoverTold): Promise<void> => parent.send(told);
  const reached = async (failpoint: string): Promise<void> => {
    if (random() >= HOLDS) return;
    await tell({ reached: failpoint });
    await parent.next();
  };
  const worker = new TurnTaker(withFailpoints({ ...ports, files: faultyFiles(ports.files, random) }, reached));
  let count = 0;
  while (count < LEAST_TURNS || Date.now() < until) {
    const isFirst = count === 0;
    const rare = isFirst ? seed : Math.floor(random() * 1_000);
    const turn = nextTurn(name, `${name} ${seed} ${count++}`, random, rare, isFirst);
    const edits = editsOf(turn);
    if (edits.length > 0) await tell({ begun: edits });
    try {
      await worker.take(turn);
      await tell({ turned: turn.kind });
    } catch (error) {
      const { code, stack } = error as { code?: string; stack?: string };
      if (code === undefined || !SUFFERED.has(code)) await tell({ fault: `${turn.kind}: ${code} ${stack}` });
      await tell({ turned: turn.kind, failed: code ?? "unknown" });
      await pause(random() * 100);
    }
  }
  await database.close();
  return null;
});

/** What every process begins with, each with the next of them, and what comes up now and then. */
function rareTurn(seed: number, role: TrustedRole, path: string): Turn {
  const turns: readonly Turn[] = [
    { kind: "rotate", role: "timestamp" },
    { kind: "rotate", role },
    { kind: "delegate", role: "team" },
    { kind: "publish some", paths: [path] },
    { kind: "prune", keepFor: KEPT },
    { kind: "delegate", role: "crew", bins: 2 },
    { kind: "end delegation", role: "team" },
    { kind: "bump" },
    { kind: "end delegation", role: "crew" },
    { kind: "delegate", role: "side", below: NESTED.outer },
    { kind: "end delegation", role: "side" },
  ];
  return turns[seed % turns.length]!;
}

function nextTurn(name: string, content: string, random: () => number, seed: number, isFirst: boolean): Turn {
  const one = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const isContested = random() < 0.2;
  const own = `${name}/${Math.floor(random() * OWN_PATHS)}`;
  const path = isContested
    ? one(
        ["all", `${NESTED.outer}/${NESTED.inner}`].map((where) => `${where}/${Math.floor(random() * CONTESTED_PATHS)}`),
      )
    : own;
  const odds = random();
  if (isFirst || odds < 0.02) return rareTurn(seed, one(TRUSTED_ROLES), path);
  if (odds < 0.05) return { kind: "bump" };
  if (odds < 0.35) return { kind: "publish" };
  return odds < 0.5 ? { kind: "remove", paths: [path] } : { kind: "add", targets: { [path]: content } };
}

function editsOf(turn: Turn): readonly (readonly [path: string, sha256: string | null])[] {
  if (turn.kind === "remove") return turn.paths.map((path) => [path, null]);
  if (turn.kind !== "add") return [];
  return Object.entries(turn.targets).map(([path, text]) => [path, contentOf(text).sha256]);
}
