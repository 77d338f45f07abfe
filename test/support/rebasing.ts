import { expect } from "vitest";
import { apply } from "../../domain/distinction/diff/apply.js";
import { changePath } from "../../domain/distinction/diff/change-set.js";
import { diff } from "../../domain/distinction/diff/diff.js";
import type { Overlap } from "../../domain/distinction/merge/overlap.js";
import type { Policy } from "../../domain/distinction/merge/policy.js";
import { rebase, type RebaseRules, type Rebased } from "../../domain/distinction/merge/rebase.js";
import type { AnyRecordType } from "../../domain/distinction/types/record-type.js";
import { contents, photoState, photoType, type NewPhoto } from "./photo.js";

export const MERGE: RebaseRules = { mode: "merge", expect: [], force: [] };

export interface Sides {
  readonly original?: NewPhoto;
  readonly mine: NewPhoto;
  readonly theirs: NewPhoto;
}

export function merge(
  { original = {}, mine, theirs }: Sides,
  rules = MERGE,
  policies: Record<string, Policy> = {},
): Rebased {
  const type = { ...photoType, policies: { ...photoType.policies, ...policies } } as AnyRecordType;
  const before = photoState(original, 1);
  const changes = diff(type, before, photoState({ ...original, ...mine }));
  return rebase(type, before, changes, photoState({ ...original, ...theirs }, 2), rules);
}

/** What is stored in the end, as far as `expected` names it. */
export function expectMerged(
  sides: Sides,
  expected: NewPhoto,
  rules = MERGE,
  policies: Record<string, Policy> = {},
): void {
  const rebased = merge(sides, rules, policies);
  if (rebased.kind === "conflict") throw new Error(`conflict at ${paths(rebased.overlaps).join()}`);
  const current = photoState({ ...sides.original, ...sides.theirs }, 2);
  const merged = apply(current, rebased.changes);
  expect(contents(merged)).toEqual(contents(photoState({ ...sides.original, ...sides.theirs, ...expected })));
}

export function overlapsOf(sides: Sides, rules = MERGE, policies: Record<string, Policy> = {}): readonly Overlap[] {
  const rebased = merge(sides, rules, policies);
  if (rebased.kind === "merged") throw new Error(`merged: ${rebased.changes.map(changePath).join()}`);
  return rebased.overlaps;
}

export const paths = (overlaps: readonly Overlap[]): string[] => overlaps.map(({ path }) => path);
