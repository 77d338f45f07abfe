import { jsonFault } from "../distinction/json/json-fault.js";
import type { JsonValue } from "../distinction/json/json-value.js";
import { pointerSteps } from "./json-pointer.js";
import { PatchError } from "./patch-error.js";

/** One operation of a JSON Patch (RFC 6902); test, move and copy are not taken. */
export type PatchOperation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: JsonValue }
  | { readonly op: "remove"; readonly path: string };

/** A checked operation. */
export interface PatchStep {
  readonly op: "add" | "replace" | "remove";
  readonly path: string;
  readonly steps: readonly string[];
  /** A copy of the caller's; `null` for a removal. */
  readonly value: JsonValue;
}

/** @throws PatchError where an operation is malformed */
export function patchSteps(patch: unknown): readonly PatchStep[] {
  if (!Array.isArray(patch)) throw new PatchError(undefined, "", "an array of operations");
  return Array.from(patch, (operation: unknown, index) => patchStep(operation, index)); // map would pass over holes
}

function patchStep(operation: unknown, index: number): PatchStep {
  const refuse = (reason: string, path = ""): never => {
    throw new PatchError(index, path, reason);
  };
  if (typeof operation !== "object" || operation === null) return refuse("an object with op and path");
  const { op, path, value } = operation as { op?: unknown; path?: unknown; value?: unknown };
  if (typeof path !== "string") return refuse("path: a JSON Pointer is needed here");
  if (op !== "add" && op !== "replace" && op !== "remove") return refuse("op: one of add, replace, remove", path);
  const steps = pointerSteps(path) ?? refuse("path: no JSON Pointer (RFC 6901)", path);
  if (op === "remove") return { op, path, steps, value: null };
  if (value === undefined) return refuse("value: is needed here", path);
  const fault = jsonFault(value);
  if (fault !== undefined) return refuse(`value: ${fault}`, path);
  return { op, path, steps, value: JSON.parse(JSON.stringify(value)) as JsonValue };
}

/**
 * Changes `document` in place.
 *
 * @throws PatchError where the target is not there
 */
export function applyStep(document: JsonValue, step: PatchStep, index: number): void {
  const refuse = (reason: string): never => {
    throw new PatchError(index, step.path, reason);
  };
  let parent: JsonValue = document;
  for (const name of step.steps.slice(0, -1)) parent = memberOf(parent, name) ?? refuse("there is no such parent");
  const name = step.steps.at(-1)!;
  if (Array.isArray(parent)) changeArray(parent, name, step, refuse);
  else if (typeof parent === "object" && parent !== null) changeObject(parent, name, step, refuse);
  else refuse("the parent has no members");
}

function changeArray(array: JsonValue[], name: string, { op, value }: PatchStep, refuse: (reason: string) => never) {
  const last = op === "add" ? array.length : array.length - 1;
  if (last < 0) refuse("the array is empty");
  const position = name === "-" && op === "add" ? array.length : arrayIndex(name);
  if (position === undefined || position > last) refuse(`an index from 0 to ${last}${op === "add" ? " or -" : ""}`);
  else array.splice(position, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value]));
}

function changeObject(
  object: Record<string, JsonValue>,
  name: string,
  { op, value }: PatchStep,
  refuse: (reason: string) => never,
) {
  if (op !== "add" && !Object.hasOwn(object, name)) refuse("there is nothing to replace or remove");
  if (op === "remove") delete object[name];
  // defineProperty and not assignment: a member named __proto__ is an ordinary one.
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

function memberOf(value: JsonValue, name: string): JsonValue | undefined {
  if (Array.isArray(value)) return value[arrayIndex(name) ?? -1];
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function arrayIndex(name: string): number | undefined {
  return /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : undefined;
}
