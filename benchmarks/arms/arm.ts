import type { RecordTable } from "../../infrastructure/persistence/records/record-table.js";
import type { ArmName } from "./descriptions.js";

/** Whether an arm is this library, in one process or in several. */
export function isOwn(arm: string): boolean {
  return arm === "distinction" || arm.startsWith("distinction,");
}

export interface ArmOptions {
  /** `mysql://user:password@host:port/database` */
  readonly url: string;
  /** The table that the arm works on; its description is the arm's model too. */
  readonly table: RecordTable;
  /** Most connections, the same for every arm. */
  readonly poolSize: number;
  /** Counts what the arm sends. Left out where time is measured. */
  readonly onStatement?: (sql: string) => void;
}

/** One way to change records, with the settings that its own documentation recommends. */
export interface ArmType<A extends Arm = Arm> {
  readonly name: ArmName;
  /** What it promises to a writer who was overtaken; a column of every table. */
  readonly guarantee: "version checked" | "version kept, not checked" | "row locked" | "all locked";
  /** What it promises of records that are saved at once, where that is less. */
  readonly batchGuarantee?: string;
  open(options: ArmOptions): Promise<A>;
}

/** What the workloads ask of an arm. */
export interface Arm {
  /** Loads the record, sets one attribute, saves. */
  setAttribute(id: string, attribute: string, value: unknown): Promise<void>;
  /**
   * Loads the record, raises one counter by one, saves; all again where the arm says that somebody came first.
   *
   * @returns how often it had to begin again
   */
  increment(id: string, attribute: string): Promise<number>;
  /** Loads the record, and answers the object that the arm makes of it. */
  read(id: string): Promise<object>;
  /** Loads the record and saves it as it is; calls `loaded` in between. */
  saveUnchanged(id: string, loaded: () => void): Promise<void>;
  close(): Promise<void>;
}

/** An arm that has a way to save many records at once. */
export interface BatchArm extends Arm {
  /**
   * Loads records and sets one attribute of each.
   *
   * @returns saves all of them at once, all or none
   */
  editMany(attribute: string, values: ReadonlyMap<string, string>): Promise<() => Promise<void>>;
}
