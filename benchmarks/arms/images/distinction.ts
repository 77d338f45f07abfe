import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import type { RecordOf } from "../../../domain/distinction/types/record-type.js";
import { systemClock } from "../../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../../infrastructure/persistence/records/sql-record-store.js";
import { changeEverything, imageTable, imageType, type ImageContent } from "../../model/image.js";
import { raised, type ImageArm, type ImageArmType, type LoadedImage } from "./image-arm.js";

/** D: this library with its defaults. */
export const distinctionImages: ImageArmType = {
  name: "distinction",
  guarantee: "version checked",
  async open({ url, poolSize, onStatement }): Promise<ImageArm> {
    const outside = { clock: systemClock, random: Math.random };
    const database = openDatabase(url, {
      ...outside,
      poolSize,
      schema: "unmanaged", // the workload made the tables
      ...(onStatement && { onStatement: ({ kind, sql }) => void (kind === "statement" && onStatement(sql)) }),
    });
    await database.connect();
    const images = new DistinctRepository(imageType, new SqlRecordStore(database, imageTable), outside);
    return {
      load: async (id) => loaded(images, await images.get(id)),
      raise: async (id, property) => {
        const raise = ({ properties }: RecordOf<typeof imageType>): void =>
          void properties.set(property, raised(properties.get(property)));
        return (await images.update(id, raise)).retries;
      },
      add: (id, { attributes, ...collections }) => images.add(images.create({ id, ...attributes, ...collections })),
      remove: async (id) => images.remove(await images.get(id)),
      close: () => database.close(),
    };
  },
};

function loaded(images: DistinctRepository<typeof imageType>, image: RecordOf<typeof imageType>): LoadedImage {
  const save = async (): Promise<void> => void (await images.save(image));
  return {
    property: (name) => image.properties.get(name),
    rename: (name) => ((image.name = name), save()),
    setProperty: (name, value) => (image.properties.set(name, value), save()),
    addTag: (tag) => (image.tags.add(tag), save()),
    removeTag: (tag) => (image.tags.delete(tag), save()),
    changeEverything: (round) => (
      changeEverything({ ...image, attributes: image as unknown as ImageContent["attributes"] }, round),
      save()
    ),
    saveUnchanged: save,
  };
}
