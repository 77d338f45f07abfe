import type { Body } from "../../model/document.js";
import type { ArmType } from "../arm.js";
import type { ArmName } from "../descriptions.js";

/** One way to store documents: see `Arm` for records of one row. */
export interface DocumentArmType {
  readonly name: ArmName;
  readonly guarantee: ArmType["guarantee"];
  open(url: string): Promise<DocumentArm>;
}

export interface DocumentArm {
  /**
   * Loads a document and gives one of its leaves another value.
   *
   * @returns saves it
   */
  edit(id: string, value: string): Promise<() => Promise<unknown>>;
  close(): Promise<void>;
}

/** The leaf that every arm writes. */
export function setLeaf(document: Body, value: string): void {
  document["section0"]!["leaf0"] = value;
}
