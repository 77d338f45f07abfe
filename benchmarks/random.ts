/** Uniform in [0, 1). */
export type Random = () => number;

/** Mulberry32: small, and the same numbers for the same seed, so that an order of arms can be repeated. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Randomness that is the same whenever it is asked for the same round: what is drawn from it, all arms of the round are given. */
export function perRound(random: Random): (round: number) => Random {
  const first = Math.floor(random() * 2 ** 32);
  return (round) => seeded(first + round);
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
