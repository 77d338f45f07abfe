import { requireArguments } from "../distinction/arguments.js";
import { InvalidValueError, type Fault } from "../distinction/errors.js";
import { anImage, imageType, type Image } from "./image-type.js";
import { canBecome, needsFormats, type ImageStatus } from "./status-machine.js";

/**
 * Gives an image another status; a save makes it so, if nobody was first. Going back to queued clears both sizes.
 * A save stores one step: two steps that together are none of the machine (queued, active, deactivated) take a save each.
 *
 * @throws InvalidValueError where the status machine has no such step, or a format is missing; the image stays as it is
 */
export function moveTo(image: Image, to: ImageStatus): void {
  requireImage(image);
  const faults = stepFaults(image, to);
  if (faults.length > 0) throw new InvalidValueError(imageType.name, faults, image.id);
  image.status = to;
  if (to !== "queued") return;
  image.size = null;
  image.virtualSize = null;
}

/** Takes an active image out of use; one that is out of use stays so. Throws as `moveTo` does. */
export function deactivate(image: Image): void {
  requireImage(image);
  if (image.status !== "deactivated") moveTo(image, "deactivated");
}

/**
 * Takes a deactivated image into use again; one that is in use stays so.
 *
 * @throws InvalidValueError in every other status, even one that leads to active
 */
export function reactivate(image: Image): void {
  requireImage(image);
  if (image.status === "active") return;
  if (image.status !== "deactivated") {
    const faults = [{ path: "status", reason: `${image.status} is not deactivated` }];
    throw new InvalidValueError(imageType.name, faults, image.id);
  }
  moveTo(image, "active");
}

function requireImage(image: Image): void {
  requireArguments(imageType.name, { image: [image, anImage] });
}

function stepFaults(image: Image, to: ImageStatus): readonly Fault[] {
  const from = image.status;
  if (!canBecome(from, to)) return [{ path: "status", reason: `${from} cannot become ${to}` }];
  if (to === "deleted") return [{ path: "status", reason: "an image is deleted by its removal" }];
  if (to === "pending_delete" && image.protected) {
    return [{ path: "status", reason: "a protected image cannot be deleted" }];
  }
  if (!needsFormats(from, to)) return [];
  return (["diskFormat", "containerFormat"] as const)
    .filter((path) => image[path] === null)
    .map((path) => ({ path, reason: `is needed by an image that is ${to}` }));
}
