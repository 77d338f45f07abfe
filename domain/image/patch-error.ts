import { DistinctionError } from "../distinction/errors.js";

/** A JSON Patch that is none, or that does not apply. Nothing of it was done. */
export class PatchError extends DistinctionError {
  /** @param operation position in the patch, from 0; `undefined` where the patch itself is none */
  constructor(
    readonly operation: number | undefined,
    readonly path: string,
    readonly reason: string,
  ) {
    const where = operation === undefined ? "" : ` operation ${operation}${path === "" ? "" : `, ${path}`}`;
    super("INVALID_PATCH", `JSON Patch${where}: ${reason}`);
  }
}
