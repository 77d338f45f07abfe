import type { JsonValue } from "./json-value.js";

/** Steps from the root of a JSON value: member names and array positions. */
export type JsonPath = readonly (string | number)[];

export function pathText(path: JsonPath): string {
  return path
    .map((step) =>
      typeof step === "number" ? `[${step}]` : /^\w+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`,
    )
    .join("");
}

/** The value at `path`, or `undefined` where there is none. Inherited members do not count, nor an array's `length`. */
export function valueAt(root: JsonValue, path: JsonPath): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    if (Array.isArray(value) !== (typeof step === "number")) return undefined;
    value = (value as Record<string | number, JsonValue>)[step];
  }
  return value;
}

/** Sets (or, given `undefined`, removes) the member at `path` of `root`, in place. Its parent object must exist. */
export function setAt(root: JsonValue, path: JsonPath, to: JsonValue | undefined): void {
  const parent = valueAt(root, path.slice(0, -1)) as Record<string, JsonValue>;
  const name = path.at(-1) as string;
  if (to === undefined) {
    delete parent[name];
  } else {
    // defineProperty and not assignment: a member named __proto__ is an ordinary one.
    Object.defineProperty(parent, name, { value: to, writable: true, enumerable: true, configurable: true });
  }
}
