import { typeName } from "./types/type-name.js";

/** A hook of an observer, or `onStatement`, threw or rejected. What it was told of is as it was. */
export class HookFailedWarning extends Error {
  override readonly name = "HookFailedWarning";

  constructor(
    readonly hook: string,
    cause: unknown,
  ) {
    super(`the hook ${hook} threw ${described(cause)}; no outcome depends on it, and it is told once`, { cause });
  }
}

/** Takes warnings: Node.js, Bun and Deno print them, and tell `process.on("warning")`. */
const runtime = globalThis as { readonly process?: { emitWarning?(warning: Error): void } };

/** By name: hooks that are made anew for each request would be told for ever. */
const told = new Set<string>();

/** `hook` for whoever goes on whatever becomes of it, later rejections included. */
export function harmless<A extends unknown[]>(name: string, hook: (...given: A) => unknown): (...given: A) => void {
  return (...given) => {
    try {
      const answer = hook(...given);
      if (isThenable(answer)) answer.then(undefined, (error: unknown) => hookFailed(name, error));
    } catch (error) {
      hookFailed(name, error);
    }
  };
}

/** Tells of a hook that failed, once per hook and process. */
export function hookFailed(name: string, error: unknown): void {
  if (told.has(name)) return;
  told.add(name);
  runtime.process?.emitWarning?.(new HookFailedWarning(name, error));
}

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return typeof (answer as PromiseLike<unknown> | null | undefined)?.then === "function";
}

/** Anything can be thrown, and not all of it can be made text. */
function described(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : typeName(error);
  } catch {
    return "something that cannot be shown";
  }
}
