import { DistinctRepository } from "../distinction/distinct-repository.js";
import type { RepositoryEnvironment } from "../distinction/save-options.js";
import type { RecordStore } from "../distinction/record-store.js";
import type { ImageRepository } from "./image-repository.js";
import { imageType } from "./image-type.js";

/** The distinction layer over the images' store: the innermost of all image repositories. */
export class DistinctImageRepository extends DistinctRepository<typeof imageType> implements ImageRepository {
  constructor(store: RecordStore, environment: RepositoryEnvironment) {
    super(imageType, store, environment);
  }
}
