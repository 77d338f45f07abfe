import type { ImageContent } from "../../model/image.js";
import type { ArmName } from "../descriptions.js";

export interface ImageArmOptions {
  /** `mysql://user:password@host:port/database` */
  readonly url: string;
  readonly poolSize: number;
  /** Counts what the arm sends, transactions' frames left out. Left out where time is measured. */
  readonly onStatement?: (sql: string) => void;
}

/** One way to store images: see `Arm` for records of one row. */
export interface ImageArmType {
  readonly name: ArmName;
  /** What it promises to a writer who was overtaken; a column of every table. */
  readonly guarantee:
    | "version checked"
    | "checked for own row only" // changes of children neither raise the version nor look at it
    | "version kept, not checked"
    | "last writer wins";
  /** Whether saves of an image that nobody changed raise its version; others leave all that is stored as it was. */
  readonly raisesUnchanged?: boolean;
  open(options: ImageArmOptions): Promise<ImageArm>;
}

export interface ImageArm {
  load(id: string): Promise<LoadedImage>;
  add(id: string, image: ImageContent): Promise<void>;
  /** Deletes an image that was just loaded, with all its parts. */
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

/** An image as the arm loaded it; every method changes it and saves it. */
export interface LoadedImage {
  rename(name: string): Promise<void>;
  setProperty(name: string, value: string): Promise<void>;
  addTag(tag: string): Promise<void>;
  /** One that the image has. */
  removeTag(tag: string): Promise<void>;
  changeEverything(round: number): Promise<void>;
  saveUnchanged(): Promise<void>;
}

/** Libraries that log what they send log BEGIN and COMMIT too; those do not count. */
export function exceptFrames(onStatement: (sql: string) => void): (sql: string) => void {
  return (sql) => {
    if (!/(START TRANSACTION|BEGIN|COMMIT|ROLLBACK|SET (TRANSACTION|autocommit).*)(;|$| \[took)/i.test(sql))
      onStatement(sql);
  };
}
