import { DataSource, EntitySchema } from "typeorm";
import { countingLogger, schemaOf } from "../typeorm.js";
import { changeEverything, imageTable, type ImageContent } from "../../model/image.js";
import type { ImageArm, ImageArmType, LoadedImage } from "./image-arm.js";
import { LOCATIONS, PROPERTIES, TAGS } from "./rows.js";

interface Child {
  imageId: string;
  [column: string]: string;
}

type Entity = ImageContent["attributes"] & { id: string } & Record<CollectionName, Child[]>;

const CHILDREN = {
  properties: { table: PROPERTIES, key: "name", columns: ["value"] },
  tags: { table: TAGS, key: "value", columns: [] },
  locations: { table: LOCATIONS, key: "id", columns: ["url", "metadata", "status"] },
} as const;

type CollectionName = keyof typeof CHILDREN;

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
      entities: [imageSchema(), ...(Object.keys(CHILDREN) as CollectionName[]).map(childSchema)],
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
    return {
      load: async (id) => loaded(await find(id), save),
      add: (id, image) => save({ ...image.attributes, id, ...childrenOf(id, image) } as Entity),
      remove: async (id) => void (await images.remove(await find(id))),
      close: () => dataSource.destroy(),
    };
  },
};

function loaded(entity: Entity, save: (entity: Entity) => Promise<void>): LoadedImage {
  const { id, properties, tags } = entity;
  return {
    rename: (name) => ((entity["name"] = name as never), save(entity)),
    setProperty: (name, value) => {
      const property = properties.find((each) => each["name"] === name);
      if (property === undefined) properties.push({ imageId: id, name, value });
      else property["value"] = value;
      return save(entity);
    },
    addTag: (value) => (tags.push({ imageId: id, value }), save(entity)),
    changeEverything: (round) => {
      const content: ImageContent = {
        attributes: entity,
        properties: new Map(properties.map((property) => [property["name"]!, property["value"]!])),
        tags: new Set(tags.map((tag) => tag["value"]!)),
        locations: new Map(entity.locations.map((location) => [location["id"]!, location as never])),
      };
      changeEverything(content, round);
      return save(Object.assign(entity, childrenOf(id, content)));
    },
    saveUnchanged: () => save(entity),
  };
}

function childrenOf(imageId: string, { properties, tags, locations }: ImageContent): Record<CollectionName, Child[]> {
  return {
    properties: [...properties].map(([name, value]) => ({ imageId, name, value })),
    tags: [...tags].map((value) => ({ imageId, value })),
    locations: [...locations].map(([id, location]) => ({ imageId, id, ...location })),
  };
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

function exceptFrames(onStatement: (sql: string) => void): (sql: string) => void {
  return (sql) => {
    if (!/^(START TRANSACTION|COMMIT|ROLLBACK)/.test(sql)) onStatement(sql);
  };
}
