import { codeOf, exitCodeOf, messageOf } from "../exit-code.js";
import { Interruption } from "../interruption.js";

/** What a command has to say: to a person, and to a program. */
export interface Answer {
  readonly text: string;
  readonly json: object;
  /** 0 where there is none. */
  readonly exitCode?: number;
}

/** A failure that says more than one line to a program. */
export interface DetailedFault {
  readonly faults: readonly object[];
}

/**
 * Runs a command. With `json`, standard output gets exactly one JSON document, in case of failure too:
 * `{"error": {"code", "message"}}`; people read one line on standard error.
 */
export async function answer(
  command: string,
  { json = false }: { readonly json?: boolean },
  work: (interruption: Interruption) => Promise<Answer>,
): Promise<void> {
  const interruption = new Interruption();
  try {
    const { text, json: object, exitCode = 0 } = await work(interruption);
    console.log(json ? JSON.stringify(object) : text);
    process.exitCode = exitCode;
  } catch (error) {
    const message = interruption.exitCode === undefined ? messageOf(error) : `stopped; ${messageOf(error)}`;
    const code = codeOf(error);
    if (json) console.log(JSON.stringify({ error: { ...(code && { code }), message, ...faultsIn(error) } }));
    console.error(`distinction tuf ${command}: ${message}${code === undefined ? "" : ` (${code})`}`);
    process.exitCode = interruption.exitCode ?? exitCodeOf(error);
  }
}

function faultsIn(error: unknown): Partial<DetailedFault> {
  return error instanceof Error && "faults" in error ? { faults: error.faults as readonly object[] } : {};
}
