import { aPlainObject, requireArguments } from "../distinction/arguments.js";
import type { Clock } from "../distinction/clock.js";
import { InvalidValueError } from "../distinction/errors.js";
import { newRecord } from "../distinction/record/new-record.js";
import { imageType, READ_ONLY_ATTRIBUTES, type Image, type NewImage } from "./image-type.js";
import { madeAt } from "./time-of-making.js";

/** Port: makes images that are not stored yet. */
export interface ImageFactory {
  /**
   * @throws InvalidValueError listing unknown and read-only attributes, and every value that does not fit its attribute;
   *   rules about several values (quotas, reserved names, equal locations) are for `add` to check
   */
  newImage(values?: NewImage): Image;
}

/** The innermost factory: gives an image its id and its times. */
export class DistinctImageFactory implements ImageFactory {
  /** @param newId makes a UUID */
  constructor(
    private readonly clock: Clock,
    private readonly newId: () => string,
  ) {}

  newImage(values: NewImage = {}): Image {
    requireArguments("image factory", { values: [values, aPlainObject] });
    const given = READ_ONLY_ATTRIBUTES.filter((name) => Object.hasOwn(values, name));
    if (given.length > 0) {
      const faults = given.map((path) => ({ path, reason: "is read-only" }));
      throw new InvalidValueError(imageType.name, faults);
    }
    const now = new Date(this.clock.now());
    return madeAt(newRecord(imageType, { id: this.newId(), ...values, createdAt: now, updatedAt: now }), now);
  }
}
