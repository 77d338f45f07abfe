import type { AttributeType } from "./attribute-type.js";
import type { CollectionType } from "./collection-type.js";
import type { PolicyName } from "./policy-name.js";

/** What a policy combines: values of these kinds of attribute, or whatever callers see as one of these samples. */
interface Combined {
  readonly kinds: readonly string[];
  readonly samples: readonly unknown[];
  readonly named: string;
}

const NUMBERS = [0, 1, 100, 0n, 1n, 100n] as const;

const COMBINED: Partial<Record<PolicyName, Combined>> = {
  sum: {
    kinds: ["integer", "bigint", "decimal", "json"],
    samples: NUMBERS,
    named: "integers, bigints, decimals and the numbers within JSON",
  },
  max: {
    kinds: ["integer", "bigint", "decimal", "boolean", "instant", "json"],
    samples: [...NUMBERS, true, new Date(Date.UTC(2026, 0, 1))],
    named: "integers, bigints, decimals, booleans, instants and the numbers within JSON",
  },
  union: { kinds: ["json"], samples: [[]], named: "arrays: JSON" },
};

/** Why a policy could never combine values: it would refuse every overlap, and nobody would know why. */
export function policyFault(policy: PolicyName, type: AttributeType | CollectionType): string | undefined {
  const combined = COMBINED[policy];
  if (combined === undefined) return undefined;
  if ("shape" in type) return combines(combined, type) ? undefined : `${policy} combines ${combined.named}`;
  if (type.kind === "set") return policy === "union" ? undefined : "the members of a set never overlap";
  if (type.entry.single !== undefined && combines(combined, type.entry.single)) return undefined;
  return `${policy} combines ${combined.named}, as single values of entries`;
}

function combines({ kinds, samples }: Combined, type: AttributeType): boolean {
  return (
    kinds.includes(type.isDecimal === true ? "decimal" : type.shape.kind) ||
    samples.some((sample) => isShownAs(type, sample))
  );
}

/** Some types store text and show a number: floating-point columns, transformers. */
function isShownAs(type: AttributeType, sample: unknown): boolean {
  try {
    if (type.fault(sample) !== undefined) return false;
    const shown = type.expose(type.capture(sample));
    return typeof sample === "object"
      ? (shown as object | null)?.constructor === (sample as object).constructor
      : typeof shown === typeof sample;
  } catch {
    return false; // a transformer that takes something else
  }
}
