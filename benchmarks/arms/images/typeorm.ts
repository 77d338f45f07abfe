import { DataSource, EntitySchema } from "typeorm";
import { isNeverOvertaken } from "../again.js";
import { countingLogger, schemaOf } from "../typeorm.js";
import { changeEverything, imageTable, type ImageContent } from "../../model/image.js";
import { childRows, CHILDREN, COLLECTIONS, contentOf, type CollectionName } from "./child-rows.js";
import { exceptFrames, raising, type ImageArm, type ImageArmType, type LoadedImage } from "./image-arm.js";

interface Child {
  imageId: string;
  [column: string]: string;
}

type Entity = ImageContent["attributes"] & { id: string } & Record<CollectionName, Child[]>;

/**
 * TypeORM as its guide has it: relations loaded with the entity by one query each, cascading saves, orphaned rows
 * deleted, the version column on.
 */
export const typeormImages: ImageArmType = {
  name: "typeorm",
  guarantee: "version kept, not checked",
  async open({ url, poolSize, onStatement }): Promise<ImageArm> {
    const dataSource = await new DataSource({
      type: "mysql",
      url: url.replace(/^mariadb:/, "mysql:"),
      entities: [imageSchema(), ...COLLECTIONS.map(childSchema)],
      synchronize: false,
      poolSize,
      timezone: "Z",
      charset: "utf8mb4",
      bigNumberStrings: false,
      relationLoadStrategy: "query", // a join of three collections would multiply their rows
      ...(onStatement && { logging: true, logger: countingLogger(exceptFrames(onStatement)) }),
    }).initialize();
    const images = dataSource.getRepository<Entity>(imageTable.type.name);
    const find = (id: string): Promise<Entity> =>
      images.findOneOrFail({
        where: { id },
        relations: { properties: true, tags: true, locations: true } as never,
      });
    const save = async (entity: Entity): Promise<void> => void (await images.save(entity as never));
    const load = async (id: string): Promise<LoadedImage> => loaded(await find(id), save);
    return {
      load,
      raise: raising(load, isNeverOvertaken),
      add: (id, image) => save({ ...image.attributes, id, ...childrenOf(id, image) } as Entity),
      remove: async (id) => void (await images.remove(await find(id))),
      close: () => dataSource.destroy(),
    };
  },
};

function loaded(entity: Entity, save: (entity: Entity) => Promise<void>): LoadedImage {
  const { id, properties, tags } = entity;
  const propertyOf = (name: string): Child | undefined => properties.find((each) => each["name"] === name);
  return {
    property: (name) => propertyOf(name)?.["value"],
    rename: (name) => ((entity["name"] = name as never), save(entity)),
    setProperty: (name, value) => {
      const property = propertyOf(name);
      if (property === undefined) properties.push({ imageId: id, name, value });
      else property["value"] = value;
      return save(entity);
    },
    addTag: (value) => (tags.push({ imageId: id, value }), save(entity)),
    removeTag: (value) => {
      tags.splice(
        tags.findIndex((tag) => tag["value"] === value),
        1,
      );
      return save(entity);
    },
    changeEverything: (round) => {
      const columnsOf = (child: Child) => (column: string) => child[column];
      const content = contentOf((name) => entity[name], {
        properties: properties.map(columnsOf),
        tags: tags.map(columnsOf),
        locations: entity.locations.map(columnsOf),
      });
      changeEverything(content, round);
      return save(Object.assign(entity, content.attributes, childrenOf(id, content)));
    },
    saveUnchanged: () => save(entity),
  };
}

function childrenOf(imageId: string, content: ImageContent): Record<CollectionName, Child[]> {
  const rows = childRows(content);
  return Object.fromEntries(
    COLLECTIONS.map((name) => [name, rows[name].map((row) => ({ imageId, ...row }))]),
  ) as Record<CollectionName, Child[]>;
}

function imageSchema(): EntitySchema<Entity> {
  const { options } = schemaOf(imageTable);
  const relation = (target: CollectionName) =>
    ({ type: "one-to-many", target, inverseSide: "image", cascade: true }) as const;
  return new EntitySchema({
    ...options,
    relations: { properties: relation("properties"), tags: relation("tags"), locations: relation("locations") },
  });
}

function childSchema(name: CollectionName): EntitySchema<Child> {
  const { table, key, columns } = CHILDREN[name];
  const text = (column: string) => [column, { type: "varchar", primary: column === key }] as const;
  return new EntitySchema<Child>({
    name,
    tableName: table,
    columns: {
      imageId: { name: "image_id", type: "varchar", primary: true },
      ...Object.fromEntries([key, ...columns].map(text)),
    },
    relations: {
      image: {
        type: "many-to-one",
        target: imageTable.type.name,
        inverseSide: name,
        joinColumn: { name: "image_id" },
        orphanedRowAction: "delete",
      },
    },
  } as never);
}
