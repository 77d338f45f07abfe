import { typeName } from "../types/type-name.js";

/**
 * Why an object or array is not plain JSON, by what it is: of a class, or with members that `JSON.stringify` passes over
 * without a word.
 * @param members how many it is read as having: elements, or what `Object.keys` answers
 */
export function shapeFault(value: object, members: number): string | undefined {
  const isList = Array.isArray(value);
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  if (prototype !== (isList ? Array.prototype : Object.prototype) && (prototype !== null || isList)) {
    return `plain JSON, got an instance of ${prototype?.constructor?.name ?? "a class"}`;
  }
  if (Reflect.ownKeys(value).length <= (isList ? members + 1 : members)) return undefined; // lists have a `length`
  const kind = isList ? "beside its elements" : "under symbols, or hidden from enumeration";
  return `plain JSON, got ${typeName(value)} with members ${kind}`;
}

/** What is worked out at each read may be another value at each: one is checked and compared, and another one stored. */
export function accessorFault(value: object, name: string | number): string | undefined {
  const isValue = Object.getOwnPropertyDescriptor(value, name)?.get === undefined;
  return isValue ? undefined : "plain JSON, got a member with a getter";
}
