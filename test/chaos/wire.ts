import { setTimeout as pause } from "node:timers/promises";
import type { S3Answer, S3Request, S3Server } from "../support/s3-server.js";

/** What may become of a writer's request on its way to storage and back. */
export const MISHAPS = {
  /** Acknowledged, and nothing came of it. */
  lost: () => ({ status: 200, etag: '"lost"' }),
  refused: () => ({ status: 503, code: "SlowDown" }),
  unanswered: ({ act }) => {
    act();
    return { status: 500, code: "InternalError" };
  },
  contested: () => ({ status: 409, code: "ConditionalRequestConflict" }),
  slow: () => pause(SLOWLY, undefined),
} as const satisfies Record<string, (request: S3Request) => S3Answer | Promise<undefined>>;

export type Mishap = keyof typeof MISHAPS;

/** Milliseconds. */
const SLOWLY = 50;

/** Whether a mishap is one that a request can have. */
export function canMeet(mishap: Mishap, request: S3Request): boolean {
  if (mishap === "refused" || mishap === "slow") return isOfWriter(request);
  return isWrite(request) && (mishap !== "contested" || request.method === "PUT");
}

/** Of files; not what is asked of the storage once. */
export function isWrite({ method, key, isSigned }: S3Request): boolean {
  return isSigned && (method === "PUT" || method === "DELETE") && !key.startsWith(".");
}

export function isOfWriter({ key, isSigned }: S3Request): boolean {
  return isSigned && !key.startsWith(".");
}

/** Lets the nth of the requests that can have it, from 1, have a mishap; the answered function tells whether it came to that. */
export function meetOnce(server: S3Server, mishap: Mishap, nth: number): () => boolean {
  let count = 0;
  server.interposed = (request) => (canMeet(mishap, request) && ++count === nth ? MISHAPS[mishap](request) : undefined);
  return () => count >= nth;
}

/**
 * Every third request of writers has a mishap, each kind in turn; what is asked again at once has none. No removal is lost: nobody
 * would know which old file is still there, to be removed by who wakes up.
 */
export function meetOften(server: S3Server): void {
  const kinds = Object.keys(MISHAPS) as Mishap[];
  const met = new Set<string>();
  let [count, kind] = [0, 0];
  server.interposed = (request) => {
    const asked = `${request.method} ${request.key}`;
    if (met.delete(asked) || !isOfWriter(request) || ++count % 3 !== 0) return undefined;
    const mishap = kinds[kind++ % kinds.length]!;
    if (!canMeet(mishap, request) || (mishap === "lost" && request.method === "DELETE")) return undefined;
    met.add(asked);
    return MISHAPS[mishap](request);
  };
}

/** A request that is on its way until it is let go. */
export interface OnItsWay {
  readonly arrived: Promise<string>;
  letGo(): void;
}

/** Holds the nth request, from 1; `when` it is acted on: before it is let go, or after. */
export function hold(
  server: S3Server,
  { nth, when, isWanted }: { nth: number; when: "before" | "after"; isWanted: (request: S3Request) => boolean },
): OnItsWay {
  let count = 0;
  let arrive!: (request: string) => void;
  let letGo!: () => void;
  const arrived = new Promise<string>((resolve) => (arrive = resolve));
  const isLetGo = new Promise<void>((resolve) => (letGo = resolve));
  server.interposed = async (request) => {
    if (!isWanted(request) || ++count !== nth) return undefined;
    const answer = when === "before" ? request.act() : undefined;
    arrive(`${request.method} ${request.key}`);
    await isLetGo;
    return answer;
  };
  return { arrived, letGo };
}
