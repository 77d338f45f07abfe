import { constrained } from "../distinction/types/attribute-rules.js";
import { text } from "../distinction/types/text-types.js";

/** Names that the API gives a meaning of its own (OpenStack Image API v2). */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  "owner",
  "locations",
  "deleted",
  "deleted_at",
  "direct_url",
  "self",
  "file",
  "schema",
]);

/** Properties that services keep for themselves: they come and go by atomic operations alone, not by callers' saves. */
const RESERVED_PREFIX = "os_glance";

/** Key of a free property: 1 to 255 characters, none of the reserved names. `__proto__` is an ordinary key. */
export const propertyName = constrained(text(255), (name) => {
  if (name === "") return "a property name of at least 1 character";
  if (!RESERVED_NAMES.has(name)) return undefined;
  return `a property name that is not reserved (${[...RESERVED_NAMES].join(", ")}), got ${name}`;
});

export const SERVICES_ALONE = `a property name that is not reserved: services alone use those that begin with ${RESERVED_PREFIX}`;

export function isServiceProperty(name: string): boolean {
  return name.startsWith(RESERVED_PREFIX);
}
