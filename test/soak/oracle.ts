import type { Event } from "./journal.js";
import { MOST_WRITERS, writerAttribute, type Ledger } from "./ledger.js";
import { perform, type Operation } from "./operation.js";

/** A record as it is stored, or was at the start. */
export interface Stored {
  readonly version: number;
  readonly record: Ledger;
}

export interface Evidence {
  readonly events: readonly Event[];
  /** Records that are there from the start to the end, with their first version. */
  readonly first: ReadonlyMap<string, number>;
  readonly stored: ReadonlyMap<string, Stored>;
  readonly arm: "changes" | "full";
}

export interface Verdict {
  /** Acknowledged updates that are not in the store. */
  readonly lost: number;
  /** Whatever is not as it must be. Empty where all is well. */
  readonly faults: readonly string[];
  /** Slots of which nothing can be said, because a writer died at them. */
  readonly clouded: number;
}

/** One write of one record, at a version that is known unless its writer died of it. */
interface Step {
  readonly version: number | undefined;
  readonly operation: Operation;
  readonly place: number;
  /** A look-up, which writes too. */
  readonly isLookUp: boolean;
}

/**
 * Compares what is stored with what a single writer would have stored: every version belongs to exactly one write, so all
 * writes of a record stand in one order, and are done again in that order on a plain object.
 */
export function judge({ events, first, stored, arm }: Evidence): Verdict {
  const faults: string[] = [];
  let lost = 0;
  const { steps, clouded } = stepsById(events, faults);
  for (const [id, version] of first) {
    const found = stored.get(id);
    if (found === undefined) {
      faults.push(`${id}: is gone`);
      lost += steps.get(id)?.length ?? 0;
      continue;
    }
    const own = steps.get(id) ?? [];
    const order = arm === "full" ? own : inOrder(id, version, own, faults);
    const expected = replayed(id, order);
    lost += Math.max(0, expected.writes - found.record.writes);
    if (arm === "changes") faults.push(...differences(id, expected, found.record));
    if (arm === "changes" && found.version !== version + own.length) {
      faults.push(`${id}: version ${found.version} after ${own.length} writes from ${version}`);
    }
  }
  for (const [id, own] of steps) {
    if (!first.has(id) && !clouded.has(id)) lost += judgeSlot(id, own, stored.get(id), faults);
  }
  if (lost > 0) faults.unshift(`${lost} acknowledged updates are lost`);
  return { lost, faults, clouded: clouded.size };
}

function stepsById(
  events: readonly Event[],
  faults: string[],
): { readonly steps: ReadonlyMap<string, Step[]>; readonly clouded: ReadonlySet<string> } {
  const steps = new Map<string, Step[]>();
  const clouded = new Set<string>();
  const add = (id: string, step: Step): void => {
    const own = steps.get(id);
    if (own === undefined) steps.set(id, [step]);
    else own.push(step);
  };
  for (const { operation, outcome } of events) {
    for (const [place, id] of operation.ids.entries()) {
      if (outcome === undefined) faults.push(`${id}: nothing is known of ${name(operation)}`);
      else if (outcome.kind === "clouded") clouded.add(id);
      else if (outcome.kind === "done")
        add(id, { version: outcome.versions[place], operation, place, isLookUp: false });
      else if (outcome.kind === "settled") {
        if (outcome.applied) add(id, { version: undefined, operation, place, isLookUp: false });
        add(id, { version: outcome.versions[place], operation, place, isLookUp: true });
      }
    }
  }
  return { steps, clouded };
}

/** The steps by version. Those of dead writers get the versions that are left over. */
function inOrder(id: string, first: number, steps: readonly Step[], faults: string[]): readonly Step[] {
  const byVersion = new Map<number, Step>();
  for (const step of steps) {
    if (step.version === undefined) continue;
    const other = byVersion.get(step.version);
    if (other !== undefined) {
      faults.push(`${id}: version ${step.version} was given to ${name(step.operation)} and ${name(other.operation)}`);
    }
    byVersion.set(step.version, step);
  }
  const orphans = steps.filter(({ version }) => version === undefined);
  for (let version = first + 1; version <= first + steps.length; version++) {
    if (byVersion.has(version)) continue;
    const orphan = orphans.shift();
    if (orphan === undefined) faults.push(`${id}: nobody wrote version ${version}`);
    else byVersion.set(version, orphan);
  }
  return [...byVersion].sort(([left], [right]) => left - right).map(([, step]) => step);
}

/**
 * A record that was added and removed again and again: each of its lives is a row of versions without a gap, and ends with
 * the removal of the very version that was there.
 */
function judgeSlot(id: string, steps: readonly Step[], found: Stored | undefined, faults: string[]): number {
  // A removal writes no version: it comes after the write of the version that it took away.
  const rank = ({ operation }: Step): number => Number(operation.kind === "slot-remove");
  const order = steps.toSorted((left, right) => left.version! - right.version! || rank(left) - rank(right));
  let life: { version: number; steps: Step[] } | undefined;
  for (const step of order) {
    const { operation } = step;
    const version = step.version!;
    if (operation.kind === "slot-add") {
      if (life !== undefined) faults.push(`${id}: ${name(operation)} added it while it was there`);
      life = { version, steps: [step] };
    } else if (life === undefined) {
      faults.push(`${id}: ${name(operation)} wrote it while it was not there`);
    } else if (operation.kind === "slot-remove") {
      if (life.version !== version) faults.push(`${id}: ${name(operation)} removed what it had not seen`);
      life = undefined;
    } else {
      if (version !== life.version + 1) faults.push(`${id}: version ${version} follows ${life.version}`);
      life = { version, steps: [...life.steps, step] };
    }
  }
  if (found === undefined) {
    if (life !== undefined) faults.push(`${id}: is gone, and nobody removed it`);
    return life?.steps.length ?? 0;
  }
  if (life === undefined) {
    faults.push(`${id}: is there, although it was removed`);
    return 0;
  }
  const expected = replayed(id, life.steps);
  faults.push(...differences(id, expected, found.record));
  return Math.max(0, expected.writes - found.record.writes);
}

function replayed(id: string, steps: readonly Step[]): Ledger {
  const record = blank(id);
  for (const { operation, place, isLookUp } of steps) {
    if (isLookUp) record.settled++;
    else perform(operation, record, place);
  }
  return record;
}

function blank(id: string): Ledger {
  const writers = Array.from({ length: MOST_WRITERS }, (_, writer) => [writerAttribute(writer), 0] as const);
  return {
    ...(Object.fromEntries(writers) as Record<ReturnType<typeof writerAttribute>, number>),
    ...{ id, writes: 0, settled: 0, total: 0, best: null, title: "", document: {}, labels: [] },
    ...{ properties: new Map(), tallies: new Map(), tags: new Set() },
  };
}

function differences(id: string, expected: Ledger, found: Ledger): string[] {
  return Object.keys(expected).flatMap((field) => {
    const [should, is] = [expected, found].map((record) => text(record[field as keyof Ledger]));
    return should === is ? [] : [`${id}.${field}: ${is} is stored, ${should} was written`];
  });
}

/** Equal for equal values: members, entries and elements in an order that does not depend on who came first. */
function text(value: unknown): string {
  if (isIterable(value)) return JSON.stringify([...value].sort());
  const sorted = (_: string, member: unknown): unknown =>
    typeof member === "object" && member !== null
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member;
  return JSON.stringify(value, sorted);
}

/** Entries, tags and labels: the library's maps and sets are not the language's. */
function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function name({ writer, number, kind }: Operation): string {
  return `operation ${number} of writer ${writer} (${kind})`;
}
