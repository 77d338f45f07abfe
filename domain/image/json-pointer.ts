/**
 * The steps of a JSON Pointer (RFC 6901), or `undefined` where the text is none: it is empty or begins with a slash, and
 * a tilde stands before 0 or 1 only.
 */
export function pointerSteps(pointer: string): readonly string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return undefined;
  const steps = pointer.slice(1).split("/");
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")); // in this order: ~01 is ~1
}
