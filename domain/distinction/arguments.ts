import { InvalidValueError, type Fault } from "./errors.js";
import { typeName } from "./types/type-name.js";

/** What an argument has to be, for callers without static types: why a value is none, or `undefined` where it is one. */
export type Rule = (value: unknown) => string | undefined;

/** Rules by the names of arguments or options. */
export type Rules<N extends string = string> = Readonly<Record<N, Rule>>;

/** What cannot even be looked at (a revoked proxy) does not fit. */
export function rule(what: string, fits: (value: unknown) => boolean): Rule {
  return (value) => {
    try {
      if (fits(value)) return undefined;
    } catch {
      // told as what it is, below
    }
    return `${what}, got ${typeName(value)}`;
  };
}

/**
 * An array of what fits. A hole is refused like a value that is none: methods of arrays pass over it, which would leave out in
 * silence what a caller listed.
 */
export function arrayOf(what: string, fits: (value: unknown) => boolean = () => true): Rule {
  const isArray = rule(what, Array.isArray);
  return (given) => {
    const reason = isArray(given);
    if (reason !== undefined) return reason;
    const values = given as readonly unknown[];
    for (let index = 0; index < values.length; index++) {
      if (!(index in values)) return `${what}, got a hole at [${index}]`;
      if (!fits(values[index])) return `${what}, got ${typeName(values[index])} at [${index}]`;
    }
    return undefined;
  };
}

/** An object that has these methods; of one that lacks some it is told which. */
export function having(what: string, ...methods: readonly string[]): Rule {
  return (value) => {
    if (!isObject(value)) return `${what}, got ${typeName(value)}`;
    const missing = methods.filter((name) => typeof value[name] !== "function");
    return missing.length === 0 ? undefined : `${what}, got ${typeName(value)} without ${missing.join(", ")}`;
  };
}

export const anObject = rule("an object", (value) => isObject(value) && !Array.isArray(value));
/** No Map, Date or array: their members would be passed over in silence. */
export const aPlainObject = rule("a plain object", isPlain);
export const anArray = arrayOf("an array");
export const aFunction = rule("a function", (value) => typeof value === "function");
export const aFlag = rule("true or false", (value) => typeof value === "boolean");
export const someText = rule("text", (value) => typeof value === "string");
export const someNames = arrayOf("an array of names", isText);
export const someGroups = arrayOf("an array of arrays of names", (value) => someNames(value) === undefined);
export const aSignal = rule("an AbortSignal", (value) => {
  return isObject(value) && typeof value.aborted === "boolean" && typeof value.addEventListener === "function";
});
export const someTime: Rule = (value) => {
  if (typeof value === "number" && value >= 0) return undefined;
  return `milliseconds, 0 or more, got ${typeof value === "number" ? value : typeName(value)}`;
};

export function aWholeNumberFrom(least: number, most = Number.MAX_SAFE_INTEGER): Rule {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `between ${least} and ${most}`;
  return (value) => {
    const fits = Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
    return fits ? undefined : `a whole number ${range}, got ${typeof value === "number" ? value : typeName(value)}`;
  };
}

export function oneAmong(...words: readonly string[]): Rule {
  return rule(`one of ${words.join(", ")}`, (value) => words.includes(value as string));
}

/** @throws InvalidValueError naming every argument that is none of its kind */
export function requireArguments(subject: string, given: Readonly<Record<string, readonly [unknown, Rule]>>): void {
  const faults: Fault[] = [];
  for (const [path, [value, check]] of Object.entries(given)) {
    const reason = check(value);
    if (reason !== undefined) faults.push({ path, reason });
  }
  if (faults.length > 0) throw new InvalidValueError(subject, faults);
}

/**
 * What a function of a caller's answers. What it throws may hold anything: told is its kind alone.
 *
 * @throws InvalidValueError
 */
export function answerOf(subject: string, path: string, needed: string, ask: () => unknown): unknown {
  try {
    return ask();
  } catch (error) {
    throw new InvalidValueError(subject, [{ path, reason: `${needed}, and the function threw ${typeName(error)}` }]);
  }
}

/** @throws InvalidValueError where `given` is no object of options, has a wrong one, or one that does not exist */
export function requireOptions(subject: string, rules: Rules, given: unknown, path = "options"): void {
  const faults = optionFaults(rules, given, path);
  if (faults.length > 0) throw new InvalidValueError(subject, faults);
}

/** Why `given` are no such options. What is `undefined` was not given; a misspelt name would be passed over in silence. */
export function optionFaults(rules: Rules, given: unknown, path = "options"): Fault[] {
  const reason = aPlainObject(given);
  if (reason !== undefined) return [{ path, reason }];
  const faults: Fault[] = [];
  for (const name in given as object) {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if (!Object.hasOwn(rules, name)) {
      faults.push({ path: name, reason: `unknown option; known: ${Object.keys(rules).join(", ")}` });
    } else if (value !== undefined) {
      const fault = rules[name]!(value);
      if (fault !== undefined) faults.push({ path: name, reason: fault });
    }
  }
  return faults;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isPlain(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}
