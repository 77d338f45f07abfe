import { roleAbove } from "../../../../domain/tuf/custom-role.js";
import { renewalHorizon } from "../../../../domain/tuf/expiry.js";
import { isBinName } from "../../../../domain/tuf/hash-bins.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import { signBins } from "./sign-bins.js";
import { signDelegators, TARGETS } from "./sign-delegators.js";
import { emptyReport, type Horizons, type SigningRun, type SignReport } from "./signing-run.js";

const ROLES_PER_PAGE = 1_024;

/**
 * Signs every role that is dirty when the run begins, whoever left it so.
 * @returns `report`, to which it adds what it did
 */
export async function signDirtyRoles(run: SigningRun, report = emptyReport()): Promise<SignReport> {
  let areTargetsDue = false;
  for await (const page of dirtyPages(run)) {
    await signDirtyBins(run, binsIn(page, run), report);
    areTargetsDue ||= page.includes(TARGETS);
  }
  await signDelegators(run, areTargetsDue, NOTHING_EXPIRES, report);
  return report;
}

/** Signs these bins where they are dirty. */
export async function signDirtyBins(run: SigningRun, bins: readonly string[], report: SignReport): Promise<void> {
  await signBins(run, fromAnywhere(bins, run), NOTHING_EXPIRES, report);
}

/** The dirty bins, whoever left them so. */
export async function dirtyBins(run: SigningRun): Promise<readonly string[]> {
  const bins: string[] = [];
  for await (const page of dirtyPages(run)) bins.push(...binsIn(page, run));
  return bins;
}

/** Each run begins elsewhere: workers that sign the same roles at the same time do it in vain. */
function fromAnywhere(bins: readonly string[], { random }: SigningRun): readonly string[] {
  const start = Math.floor(random() * bins.length);
  return [...bins.slice(start), ...bins.slice(0, start)];
}

async function* dirtyPages({ store, repository }: SigningRun): AsyncGenerator<readonly string[]> {
  for (let after: string | undefined = ""; after !== undefined;) {
    const page: readonly string[] = await store.dirtyRoles(repository.name, { after, limit: ROLES_PER_PAGE });
    yield page;
    after = page.length < ROLES_PER_PAGE ? undefined : page.at(-1);
  }
}

function binsIn(page: readonly string[], { repository }: SigningRun): readonly string[] {
  return page.filter((role) => isBinName(repository, role) || roleAbove(repository.customRoles, role));
}

const NOTHING_EXPIRES: Horizons = { targetsHorizon: 0, binsHorizon: 0, customHorizon: () => 0 };

/** Roles that cannot be signed stay the first that expire; a step looks beyond them so often. */
const MOST_ROUNDS = 4;

/**
 * Signs what expires by then, at most `limit` of `targets` and the bins, those first that expire first and can be signed;
 * and custom roles, which are few.
 * @returns `report`, to which it adds what it did
 */
export async function signExpiringRoles(
  run: SigningRun,
  horizons: Horizons,
  limit: number,
  report = emptyReport(),
): Promise<SignReport> {
  const { store, repository } = run;
  const { targetsHorizon, binsHorizon } = horizons;
  const tried = new Set<string>();
  for (let round = 0, left = limit; round < MOST_ROUNDS && left > 0; round++) {
    const due = { targetsHorizon, binsHorizon, limit: left + tried.size };
    const expiring = await store.expiringRoles(repository.name, due);
    const names = expiring.filter((name) => !tried.has(name)).slice(0, left);
    for (const name of names) tried.add(name);
    await signBins(
      run,
      names.filter((name) => name !== TARGETS),
      horizons,
      report,
    );
    if (expiring.length < due.limit) break; // there are no more
    left = names.filter((name) => report.failures.has(name)).length;
  }
  await signDelegators(run, tried.has(TARGETS), horizons, report);
  return report;
}

/** When the policy wants roles renewed, or `within` milliseconds before they expire if that is sooner. */
export function horizonsOf({ expiry }: TufRepository, now: number, within?: number): Horizons {
  return {
    targetsHorizon: renewalHorizon(now, expiry.targets, within),
    binsHorizon: renewalHorizon(now, expiry.bins, within),
    customHorizon: (own) => renewalHorizon(now, own, within),
  };
}
