/** What a child tells its parent. */
export type FromChild =
  | { readonly kind: "message"; readonly value: unknown }
  | { readonly kind: "output"; readonly value: unknown }
  | { readonly kind: "failed"; readonly stack: string };

/** The test that started this process. */
export interface Parent {
  send(message: unknown): Promise<void>;
  /** The parent's messages, in order. */
  next(): Promise<unknown>;
  /** The child's half of `releaseTogether`: says that it is ready, waits for the word. */
  ready(): Promise<void>;
}

/**
 * The body of a script for `startChild` and `runChild`: gets their input, and what it returns (JSON) is their output.
 * The process ends with the parent, so that a killed test run leaves none behind.
 */
export async function runAsChild<Input, Output>(
  work: (input: Input, parent: Parent) => Promise<Output>,
): Promise<void> {
  const left = () => process.exit(1);
  process.once("disconnect", left);
  try {
    const input = JSON.parse(process.argv[2] ?? "null") as Input;
    await tell({ kind: "output", value: await work(input, parentOfThis()) });
    process.exitCode = 0;
  } catch (error) {
    await tell({ kind: "failed", stack: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exitCode = 1;
  }
  process.removeListener("disconnect", left);
  process.disconnect();
}

function parentOfThis(): Parent {
  const messages: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  process.on("message", (message) => {
    const { value } = message as { value: unknown };
    const first = waiting.shift();
    if (first === undefined) messages.push(value);
    else first(value);
  });
  const next = () =>
    messages.length > 0
      ? Promise.resolve(messages.shift())
      : new Promise<unknown>((resolve) => void waiting.push(resolve));
  const send = (value: unknown) => tell({ kind: "message", value });
  return {
    send,
    next,
    async ready() {
      await send("ready");
      await next();
    },
  };
}

function tell(message: FromChild): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) throw new Error("this script runs only as the child of a test");
    process.send(message, undefined, undefined, (error) => (error === null ? resolve() : reject(error)));
  });
}
