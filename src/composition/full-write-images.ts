import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { imageType, type Image } from "../../domain/image/image-type.js";
import { FullWriteRepository } from "../../infrastructure/persistence/comparison/full-write-repository.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import type { DistinctionOptions } from "./distinction-options.js";

/** The same images written as a whole, for comparison: see `FullWriteRepository` for what that loses. */
export interface FullWriteImages {
  /** Loads, runs `mutate`, overwrites what is stored. */
  update(id: string, mutate: (image: Image) => void): Promise<void>;
  connect(): Promise<void>;
  close(): Promise<void>;
}

export function openFullWriteImages(options: Pick<DistinctionOptions, "database" | "onStatement">): FullWriteImages {
  const database = openDatabase(options.database, {
    ...options,
    schema: "migrate",
    clock: systemClock,
    random: Math.random,
  });
  const images = new FullWriteRepository(imageType, database, imageTable);
  return {
    update: async (id, mutate) => {
      const image = await images.get(id);
      mutate(image);
      await images.save(image);
    },
    connect: () => database.connect(),
    close: () => database.close(),
  };
}
