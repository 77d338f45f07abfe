import { ContainerModule } from "inversify";
import { requireOptions } from "../../domain/distinction/arguments.js";
import { OPTIONS, type DistinctionOptions } from "./distinction-options.js";
import { bindImages } from "./image-bindings.js";
import { bindPersistence } from "./persistence-bindings.js";
import { bindTuf } from "./tuf-bindings.js";

/**
 * The inversify module that binds `TOKENS`. Everything is a singleton and lazy: nothing connects before the first use,
 * and `await container.unloadAsync(module)` closes the database.
 *
 * @throws InvalidValueError where an option is none, or of another kind
 * @throws DistinctionError `INVALID_DATABASE_URL` when the database is resolved
 */
export function distinctionModule(options: DistinctionOptions): ContainerModule {
  requireOptions("distinction", OPTIONS, options);
  return new ContainerModule((load) => {
    bindPersistence(load, options);
    bindImages(load, options);
    if (options.tuf !== undefined) bindTuf(load, options.tuf);
  });
}
