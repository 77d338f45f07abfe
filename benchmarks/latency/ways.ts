import type { Bench } from "../bench.js";
import { LatencyProxy } from "./latency-proxy.js";
import { roundTripTime } from "./round-trip.js";

/** A way to the server. */
export interface Way {
  /** As cases name it. */
  readonly name: string;
  /** Milliseconds added to every round trip. */
  readonly added: number;
  /** Milliseconds that a round trip was then measured to take. */
  readonly roundTrip: number;
  readonly url: string;
}

/** A server on the same machine, one in the next room, one in another part of the town. */
const ADDED = [0, 0.5, 2] as const;

/** Whether a run looks at longer ways beside its own: a quick one has no time for it, and one with `--rtt` is of that length. */
export function hasWays({ quick, roundTrip }: Pick<Bench, "quick" | "roundTrip">): boolean {
  return !quick && roundTrip === 0;
}

/**
 * Gives `work` ways of several lengths to the server of `url`, all there at the same time. Each goes through a proxy, the shortest
 * as well: what the proxy itself takes is the same to all, and they differ by what is added.
 */
export async function overWays<T>(url: string, work: (ways: readonly Way[]) => Promise<T>): Promise<T> {
  const proxies: LatencyProxy[] = [];
  try {
    const ways: Way[] = [];
    for (const added of ADDED) {
      const proxy = await LatencyProxy.adding(added, url);
      proxies.push(proxy);
      ways.push({ name: `${added} ms added`, added, roundTrip: await roundTripTime(proxy.url), url: proxy.url });
    }
    return await work(ways);
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.close()));
  }
}
