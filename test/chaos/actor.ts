import type { TufPlace } from "../integration/tuf-place.js";
import { type Child, startChild } from "../support/child.js";
import type { Call, Hold, Told } from "./actor.child.js";
import type { Turn } from "./turn.js";

const SCRIPT = new URL("actor.child.ts", import.meta.url);

/** A worker in a process of its own, held, frozen or killed at a failpoint. */
export class Actor {
  readonly #child: Child;
  readonly #ready: Promise<unknown>;

  constructor(place: TufPlace) {
    this.#child = startChild(SCRIPT, place);
    this.#ready = this.#child.next();
    this.#ready.catch(() => undefined); // one that is started ahead may never be needed
  }

  /**
   * Begins a turn.
   * @returns the failpoint at which the actor waits now; `undefined` where the turn is over, because it does not come there
   */
  async holdAt(hold: Hold, turn: Turn): Promise<string | undefined> {
    const told = await this.#begin({ turn, hold });
    return "reached" in told ? told.reached : undefined;
  }

  /** Does a whole turn, and answers how often it came to each failpoint. */
  async does(turn: Turn): Promise<Readonly<Record<string, number>>> {
    const told = await this.#begin({ turn });
    return "passed" in told ? told.passed : {};
  }

  /** Does a turn up to its answer. What it published is never recorded, so that the process is of no use but to be killed. */
  async answers(turn: Turn): Promise<void> {
    await this.#begin({ turn, isUnrecorded: true });
  }

  async #begin(call: Call): Promise<Told> {
    await this.#ready;
    this.#child.send(call);
    const told = (await this.#child.next()) as Told;
    if ("ended" in told && told.ended !== undefined) throw new Error(told.ended);
    return told;
  }

  /** Stops the process where it is; it keeps its connections. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Lets a frozen process go on that waits for no word. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /**
   * Lets a process finish its turn that was frozen at a failpoint.
   * @throws what the turn threw
   */
  async wake(): Promise<void> {
    this.thaw();
    this.#child.send("go");
    const told = (await this.#child.next()) as Told;
    if ("ended" in told && told.ended !== undefined) throw new Error(told.ended);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async end(): Promise<void> {
    await this.#ready;
    this.#child.send("end");
    await this.#child.output;
  }
}
