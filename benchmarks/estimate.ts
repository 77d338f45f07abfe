import type { Random } from "./random.js";

/** A figure with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** It was timed once: how far another time would be from it, nobody knows. */
  readonly once?: true;
}

const RESAMPLES = 2_000;

export function median(samples: readonly number[]): number {
  const sorted = Float64Array.from(samples).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function medianOf(samples: readonly number[], random: Random): Estimate {
  return bootstrap([[samples]], ([rounds]) => median(rounds![0]!), random);
}

/**
 * The ratio of two arms' medians. Sample `n` of both is from the same round: rounds are resampled as pairs, so that what
 * slowed a whole round down does not count as a difference.
 */
export function ratioOf(above: readonly number[], below: readonly number[], random: Random): Estimate {
  return meanRatioOf([above], [below], random);
}

/** The mean over several pairs of arms of the ratio of their medians. Each pair has as many rounds as it has. */
export function meanRatioOf(
  above: readonly (readonly number[])[],
  below: readonly (readonly number[])[],
  random: Random,
): Estimate {
  const pairs = above.map((samples, index) => [samples, below[index]!]);
  return bootstrap(pairs, (resampled) => mean(resampled.map(([a, b]) => median(a!) / median(b!))), random);
}

/** A figure of several runs of the same work, in the order in which they were made: of what all of them found together. */
export function pooledFrom<Run>(
  runs: readonly Run[],
  statistic: (runs: readonly Run[]) => number,
  random: Random,
): Estimate {
  return bootstrap([[runs]], ([resampled]) => statistic(resampled![0]!), random);
}

/** Series of samples in the order in which they were taken, whose samples of one number are from one round. */
type Rounds<Sample> = readonly (readonly Sample[])[];

/** Percentile bootstrap over rounds, those of each measurement by themselves. */
function bootstrap<Sample>(
  measurements: readonly Rounds<Sample>[],
  statistic: (measurements: readonly Rounds<Sample>[]) => number,
  random: Random,
): Estimate {
  const found = Float64Array.from({ length: RESAMPLES }, () =>
    statistic(measurements.map((rounds) => resampled(rounds, random))),
  ).sort();
  return {
    value: statistic(measurements),
    low: found[Math.floor(RESAMPLES * 0.025)]!,
    high: found[Math.ceil(RESAMPLES * 0.975) - 1]!,
  };
}

/**
 * Rounds are no independent draws: a slow one is followed by slow ones. So they are drawn in blocks of neighbours (Künsch,
 * "The jackknife and the bootstrap for general stationary observations", 1989), whose lengths are random and which go on from
 * the last round to the first, so that every round is as likely as any other (Politis and Romano, "The stationary
 * bootstrap", 1994). Blocks hold the cube root of the number of rounds on average, the rate that both of them give.
 * What drifts during the whole run no block is long enough for: `noise.ts` warns of that.
 */
function resampled<Sample>(rounds: Rounds<Sample>, random: Random): Rounds<Sample> {
  const count = Math.min(...rounds.map((samples) => samples.length));
  const blockEnds = 1 / Math.cbrt(count);
  const picks: number[] = [];
  for (let pick = 0; picks.length < count; picks.push(pick)) {
    const isNew = picks.length === 0 || random() < blockEnds;
    pick = isNew ? Math.floor(random() * count) : (pick + 1) % count;
  }
  return rounds.map((samples) => picks.map((pick) => samples[pick]!));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A figure that was counted, not sampled. */
export function exactly(value: number): Estimate {
  return { value, low: value, high: value };
}

/** A figure of one timing, which has no interval: its bounds are itself. */
export function once(value: number): Estimate {
  return { ...exactly(value), once: true };
}

/** How much less the upper term of a ratio is than the lower one, in percent. */
export function percentLess({ value, low, high }: Estimate): Estimate {
  return { value: 100 * (1 - value), low: 100 * (1 - high), high: 100 * (1 - low) };
}
