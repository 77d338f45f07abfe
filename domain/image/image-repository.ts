import type { ChangeSet } from "../distinction/change-set.js";
import type { SaveOptions, SaveResult } from "../distinction/save-options.js";
import type { UnitBinding } from "../distinction/unit-of-work.js";
import type { Image } from "./image-type.js";

/** Port: the images as services see them. Layers wrap one another; the distinction layer is the innermost. */
export interface ImageRepository {
  /** @throws DistinctionError `RECORD_NOT_FOUND` */
  get(id: string): Promise<Image>;
  find(id: string): Promise<Image | undefined>;
  /** @throws DistinctionError `RECORD_EXISTS`, `INVALID_VALUE` */
  add(image: Image): Promise<void>;
  /** Writes what changed; merges with what others changed meanwhile. See `DistinctRepository.save`. */
  save(image: Image, options?: SaveOptions): Promise<SaveResult>;
  /** Loads, runs `mutate`, saves; again on a conflict, so `mutate` may run several times. */
  update(id: string, mutate: (image: Image) => void | Promise<void>, options?: SaveOptions): Promise<SaveResult>;
  /** Deletes the image unless somebody changed it since it was loaded. */
  remove(image: Image): Promise<void>;
  /** The image as it is stored now, as a new object. */
  reload(image: Image): Promise<Image>;
  /** What a save would write. */
  changes(image: Image): ChangeSet;
  /** The images inside a unit of work; `TransactionScope.repository` calls it. */
  inUnit(unit: UnitBinding): ImageRepository;
}
