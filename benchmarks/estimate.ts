import type { Random } from "./random.js";

/** A figure with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function medianOf(samples: readonly number[], random: Random): Estimate {
  return bootstrap([samples], ([only]) => median(only!), random);
}

/**
 * The ratio of two arms' medians. Sample `n` of both is from the same round: rounds are resampled as pairs, so that what
 * slowed a whole round down does not count as a difference.
 */
export function ratioOf(above: readonly number[], below: readonly number[], random: Random): Estimate {
  return bootstrap([above, below], ([a, b]) => median(a!) / median(b!), random);
}

/** The mean over several pairs of arms of the ratio of their medians. */
export function meanRatioOf(
  above: readonly (readonly number[])[],
  below: readonly (readonly number[])[],
  random: Random,
): Estimate {
  const count = above.length;
  return bootstrap(
    [...above, ...below],
    (resampled) => {
      const ratios = above.map((_, index) => median(resampled[index]!) / median(resampled[count + index]!));
      return ratios.reduce((sum, ratio) => sum + ratio, 0) / count;
    },
    random,
  );
}

/** Percentile bootstrap over rounds. */
function bootstrap(
  series: readonly (readonly number[])[],
  statistic: (resampled: readonly number[][]) => number,
  random: Random,
): Estimate {
  const rounds = Math.min(...series.map((samples) => samples.length));
  const found = Array.from({ length: RESAMPLES }, () => {
    const picks = Array.from({ length: rounds }, () => Math.floor(random() * rounds));
    return statistic(series.map((samples) => picks.map((pick) => samples[pick]!)));
  }).sort((left, right) => left - right);
  return {
    value: statistic(series.map((samples) => [...samples])),
    low: found[Math.floor(RESAMPLES * 0.025)]!,
    high: found[Math.ceil(RESAMPLES * 0.975) - 1]!,
  };
}

/** A figure that was counted, not sampled. */
export function exactly(value: number): Estimate {
  return { value, low: value, high: value };
}

/** How much less the upper term of a ratio is than the lower one, in percent. */
export function percentLess({ value, low, high }: Estimate): Estimate {
  return { value: 100 * (1 - value), low: 100 * (1 - high), high: 100 * (1 - low) };
}
