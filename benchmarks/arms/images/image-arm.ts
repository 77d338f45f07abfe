import type { ImageContent } from "../../model/image.js";
import { again, type IsOvertaken } from "../again.js";
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
  /**
   * Loads the image, raises by one the number that a property of it holds, saves; all again where the arm says that somebody
   * came first.
   *
   * @returns how often it had to begin again
   */
  raise(id: string, property: string): Promise<number>;
  add(id: string, image: ImageContent): Promise<void>;
  /** Deletes an image that was just loaded, with all its parts. */
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

/** An image as the arm loaded it; every method but `property` changes it and saves it. */
export interface LoadedImage {
  property(name: string): string | undefined;
  rename(name: string): Promise<void>;
  setProperty(name: string, value: string): Promise<void>;
  addTag(tag: string): Promise<void>;
  /** One that the image has. */
  removeTag(tag: string): Promise<void>;
  changeEverything(round: number): Promise<void>;
  saveUnchanged(): Promise<void>;
}

/** `raise` of an arm whose callers try again themselves. */
export function raising(load: ImageArm["load"], isOvertaken: IsOvertaken): ImageArm["raise"] {
  return (id, property) =>
    again(async () => {
      const image = await load(id);
      await image.setProperty(property, raised(image.property(property)));
    }, isOvertaken);
}

/** The next number, as properties hold it. */
export function raised(value: string | undefined): string {
  return String(Number(value) + 1);
}

/** Libraries that log what they send log BEGIN and COMMIT too; those do not count. */
export function exceptFrames(onStatement: (sql: string) => void): (sql: string) => void {
  return (sql) => {
    if (!/(START TRANSACTION|BEGIN|COMMIT|ROLLBACK|SET (TRANSACTION|autocommit).*)(;|$| \[took)/i.test(sql))
      onStatement(sql);
  };
}
