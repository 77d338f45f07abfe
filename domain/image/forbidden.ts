import { DistinctionError } from "../distinction/errors.js";
import { idText } from "../distinction/record/record-id.js";
import { imageType } from "./image-type.js";

/** For what a caller sees and may not do; what it does not see is not there. */
export function forbidden(imageId: unknown, reason: string): DistinctionError {
  return new DistinctionError("FORBIDDEN", `${imageType.name} ${idText([imageId as string])}: ${reason}`);
}

export const OWNER_ALONE = "its owner alone may change it";
