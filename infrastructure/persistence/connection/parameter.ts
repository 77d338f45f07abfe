import { inspect } from "node:util";
import { MASKED } from "../../../domain/distinction/diff/masked.js";

/** A value that a driver binds to a `?` placeholder. Dates and JSON are encoded to text by the column codecs first. */
export type PlainParameter = string | number | bigint | Buffer | null;

/** A value for a `?` placeholder; one that no log may show is wrapped. */
export type Parameter = PlainParameter | SecretParameter;

/**
 * The value of an attribute marked secret on its way to the driver. Whoever prints it, TypeORM's logger included, prints
 * `[secret]`; the connectors alone look inside.
 */
export class SecretParameter {
  readonly #value: PlainParameter;

  constructor(value: PlainParameter) {
    this.#value = value;
  }

  reveal(): PlainParameter {
    return this.#value;
  }

  toString(): string {
    return MASKED;
  }

  toJSON(): string {
    return MASKED;
  }

  [inspect.custom](): string {
    return MASKED;
  }
}

/** `null` is no secret: that there is a value is seen in the row's other places, too. */
export function secretParameter(value: Parameter): Parameter {
  return value === null || value instanceof SecretParameter ? value : new SecretParameter(value);
}

export function plainParameter(parameter: Parameter): PlainParameter {
  return parameter instanceof SecretParameter ? parameter.reveal() : parameter;
}

/** What the driver binds. The same array where nothing in it is secret, which is nearly always. */
export function plainParameters(parameters: readonly Parameter[]): readonly PlainParameter[] {
  for (const parameter of parameters) {
    if (parameter instanceof SecretParameter) return parameters.map(plainParameter);
  }
  return parameters as readonly PlainParameter[];
}

/** What people may see. */
export function shownParameters(parameters: readonly Parameter[]): readonly PlainParameter[] {
  return parameters.map((parameter) => (parameter instanceof SecretParameter ? MASKED : parameter));
}
