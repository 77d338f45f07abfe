import { describe, expect, test } from "vitest";
import { InvalidValueError } from "../../../domain/distinction/errors.js";
import { deactivate, moveTo, reactivate } from "../../../domain/image/image-steps.js";
import type { Image } from "../../../domain/image/image-type.js";
import { canBecome, IMAGE_STATUSES, sourcesOf, type ImageStatus } from "../../../domain/image/status-machine.js";
import { newImage } from "../../support/images.js";

/** The table of the specification, once more and in another form. */
const STEPS = `
  queued saving, queued uploading, queued importing, queued active, queued deleted,
  saving active, saving killed, saving deleted, saving queued,
  uploading importing, uploading queued, uploading deleted,
  importing active, importing deleted, importing queued,
  active pending_delete, active deleted, active deactivated,
  killed deleted,
  pending_delete deleted, pending_delete active,
  deactivated active, deactivated deleted, deactivated pending_delete`
  .split(",")
  .map((step) => step.trim());

const PAIRS = IMAGE_STATUSES.flatMap((from) => IMAGE_STATUSES.map((to) => [from, to] as const));

describe("the status machine", () => {
  test.each(PAIRS)("%s to %s: as the specification says, and to stay is no step", (from, to) => {
    expect(canBecome(from, to)).toBe(STEPS.includes(`${from} ${to}`));
    expect(sourcesOf(to).includes(from)).toBe(canBecome(from, to));
  });

  test.each(PAIRS.filter(([from, to]) => to !== "deleted" && canBecome(from, to)))(
    "an image that is %s becomes %s",
    (from, to) => {
      const image = imageIn(from);
      moveTo(image, to);
      expect(image.status).toBe(to);
    },
  );

  test.each(PAIRS.filter(([from, to]) => !canBecome(from, to)))(
    "an image that is %s does not become %s",
    (from, to) => {
      const image = imageIn(from);
      expect(faultsOf(() => moveTo(image, to))).toEqual([{ path: "status", reason: `${from} cannot become ${to}` }]);
      expect(image.status).toBe(from);
    },
  );

  test("deleted is what a removal makes of an image, and no step", () => {
    expect(faultsOf(() => moveTo(imageIn("active"), "deleted"))).toMatchObject([{ path: "status" }]);
  });

  test("going back to queued clears both sizes", () => {
    const image = imageIn("saving");
    image.size = 5;
    image.virtualSize = 6;
    moveTo(image, "queued");
    expect(image).toMatchObject({ size: null, virtualSize: null });
  });

  test.each([
    ["queued", "saving"],
    ["queued", "active"],
    ["queued", "importing"],
    ["uploading", "importing"],
  ] as const)("%s to %s needs both formats", (from, to) => {
    const image = imageIn(from);
    image.diskFormat = null;
    image.containerFormat = null;
    const faults = faultsOf(() => moveTo(image, to));
    expect(faults.map(({ path }) => path)).toEqual(["diskFormat", "containerFormat"]);
    expect(image.status).toBe(from);
  });

  test("queued to uploading, and uploading back, need none", () => {
    const image = imageIn("queued");
    image.diskFormat = null;
    moveTo(image, "uploading");
    moveTo(image, "queued");
    expect(image.status).toBe("queued");
  });

  test("a protected image is not to be deleted later either", () => {
    const image = imageIn("active");
    image.protected = true;
    expect(faultsOf(() => moveTo(image, "pending_delete"))).toMatchObject([{ path: "status" }]);
  });

  test("out of use and into use again, once or twice", () => {
    const image = imageIn("active");
    deactivate(image);
    deactivate(image);
    expect(image.status).toBe("deactivated");
    reactivate(image);
    reactivate(image);
    expect(image.status).toBe("active");
  });

  test("only an active image is taken out of use, only a deactivated one into use", () => {
    expect(faultsOf(() => deactivate(imageIn("queued")))).toMatchObject([{ path: "status" }]);
    expect(faultsOf(() => reactivate(imageIn("pending_delete")))).toMatchObject([{ path: "status" }]);
  });
});

function imageIn(status: ImageStatus): Image {
  const image = newImage({ diskFormat: "raw", containerFormat: "bare" });
  image.status = status;
  return image;
}

function faultsOf(work: () => void): InvalidValueError["faults"] {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidValueError);
    return (error as InvalidValueError).faults;
  }
  throw new Error("no error");
}
