import type { ChangeSet } from "../distinction/diff/change-set.js";
import type { Explanation } from "../distinction/save/explanation.js";
import type {
  SaveOptions,
  SaveResult,
  RemoveOptions,
  WaitOptions,
  WriteOptions,
} from "../distinction/save/save-options.js";
import type { EntryScope } from "../distinction/record/record-state.js";
import type { UnitBinding } from "../distinction/unit/unit-of-work.js";
import type { ImagePage, ImageQuery } from "./image-query.js";
import type { Image } from "./image-type.js";

/** Port: the images as services see them. Layers wrap one another; the distinction layer is the innermost. */
export interface ImageRepository {
  /** @throws DistinctionError `RECORD_NOT_FOUND`, for a deleted image, too */
  get(id: string, scope?: EntryScope, options?: WaitOptions): Promise<Image>;
  find(id: string, scope?: EntryScope, options?: WaitOptions): Promise<Image | undefined>;
  /**
   * 25 images unless told otherwise, at most 1,000; the newest first unless told otherwise.
   *
   * @throws InvalidValueError naming unknown attributes and values that do not fit theirs
   * @throws DistinctionError `MARKER_NOT_FOUND` where the image after which to go on was deleted
   */
  list(query?: ImageQuery, options?: WaitOptions): Promise<ImagePage>;
  /** @throws DistinctionError `RECORD_EXISTS`, `INVALID_VALUE` */
  add(image: Image, options?: WriteOptions): Promise<void>;
  /** All or none. Throws as `add` does. */
  addAll(images: readonly Image[], options?: WriteOptions): Promise<void>;
  /** Writes what changed; merges with what others changed meanwhile. See `DistinctRepository.save`. */
  save(image: Image, options?: SaveOptions): Promise<SaveResult>;
  /** Loads, runs `mutate`, saves; again on a conflict, so `mutate` may run several times. */
  update(id: string, mutate: (image: Image) => void | Promise<void>, options?: SaveOptions): Promise<SaveResult>;
  /**
   * Deletes the image unless somebody changed it since it was loaded, with its members; its own row is kept as deleted.
   *
   * @throws InvalidValueError where it is protected
   */
  remove(image: Image, options?: RemoveOptions): Promise<void>;
  /** The image as it is stored now, as a new object. */
  reload(image: Image, options?: WaitOptions): Promise<Image>;
  /** What a save would write. */
  changes(image: Image): ChangeSet;
  /** What a save would do, secrets masked; nothing is written. See `DistinctRepository.explain`. */
  explain(image: Image, options?: SaveOptions): Promise<Explanation>;
  /**
   * Sets a property that is not there yet: of any number of callers at a time one succeeds. Takes the names that are
   * reserved to services (`os_glance…`), too, which no quota counts. Objects that were loaded before do not show it, nor
   * take it back.
   *
   * @throws ConflictError where the property is there, whatever its value
   * @throws InvalidValueError where name or value is no text, and over the quota
   */
  setPropertyAtomic(id: string, name: string, value: string, options?: WriteOptions): Promise<void>;
  /**
   * Deletes a property that has the expected value.
   *
   * @throws ConflictError where it has another or is not there
   */
  deletePropertyAtomic(id: string, name: string, expected: string, options?: WriteOptions): Promise<void>;
  /** The images inside a unit of work; `TransactionScope.repository` calls it. */
  inUnit(unit: UnitBinding): ImageRepository;
}
