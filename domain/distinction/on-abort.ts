/** Of each signal that somebody waits for: what is to be done when it aborts, and the one listener that it has. */
interface Abortion {
  readonly pending: Set<() => void>;
  readonly ring: () => void;
}

const ABORTIONS = new WeakMap<AbortSignal, Abortion>();

/**
 * Has `work` done when the signal aborts. All who wait for one signal share one listener of it: a request gives its signal to all that
 * it does at once, and Node.js takes the eleventh listener for a leak, and warns.
 * @param signal not aborted yet
 * @returns takes it back
 */
export function onAbort(signal: AbortSignal, work: () => void): () => void {
  const { pending, ring } = abortionOf(signal);
  const own = (): void => work(); // the same function twice is waited for twice
  if (pending.size === 0) signal.addEventListener("abort", ring);
  pending.add(own);
  return () => {
    if (pending.delete(own) && pending.size === 0) signal.removeEventListener("abort", ring);
  };
}

function abortionOf(signal: AbortSignal): Abortion {
  let abortion = ABORTIONS.get(signal);
  if (abortion === undefined) {
    const pending = new Set<() => void>();
    const ring = (): void => {
      for (const own of [...pending]) if (pending.has(own)) own();
    };
    ABORTIONS.set(signal, (abortion = { pending, ring }));
  }
  return abortion;
}
