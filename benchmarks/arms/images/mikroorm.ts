import { EntitySchema, MikroORM, type Collection, type EntityManager } from "@mikro-orm/mysql";
import { changeEverything, imageTable, type ImageContent } from "../../model/image.js";
import { isOvertaken, schemaOf } from "../mikroorm.js";
import { childRows, CHILDREN, COLLECTIONS, contentOf, type ChildRow, type CollectionName } from "./child-rows.js";
import { exceptFrames, raising, type ImageArm, type ImageArmType, type LoadedImage } from "./image-arm.js";

type Child = Record<string, unknown>;

type Entity = Record<string, unknown> & Record<CollectionName, Collection<Child>>;

const IMAGE = imageTable.type.name;

/**
 * MikroORM 6 as its guide has it: a forked entity manager per request, collections populated by one query each, changes
 * found by `flush`, orphans removed, the version property on.
 */
export const mikroormImages: ImageArmType = {
  name: "mikroorm",
  guarantee: "checked for own row only",
  async open({ url, poolSize, onStatement }): Promise<ImageArm> {
    const orm = await MikroORM.init({
      clientUrl: url.replace(/^mariadb:/, "mysql:"),
      entities: [imageSchema(), ...COLLECTIONS.map(childSchema)],
      pool: { min: 0, max: poolSize },
      timezone: "Z",
      charset: "utf8mb4",
      forceUtcTimezone: true,
      loadStrategy: "select-in", // a join of three collections would multiply their rows
      metadataCache: { enabled: false }, // schemas in code have nothing to cache
      ...(onStatement && { debug: ["query"], logger: exceptFrames(onStatement), colors: false }),
    });
    const find = async (id: string): Promise<{ em: EntityManager; entity: Entity }> => {
      const em = orm.em.fork();
      return { em, entity: (await em.findOneOrFail(IMAGE, { id }, { populate: COLLECTIONS })) as Entity };
    };
    const load = async (id: string): Promise<LoadedImage> => {
      const { em, entity } = await find(id);
      return loaded(em, entity);
    };
    return {
      load,
      raise: raising(load, isOvertaken),
      add: async (id, image) => {
        const em = orm.em.fork();
        const entity = em.create(IMAGE, { id, ...image.attributes });
        for (const [name, rows] of rowsOf(image)) for (const row of rows) em.create(name, { image: entity, ...row });
        await em.flush();
      },
      remove: async (id) => {
        const { em, entity } = await find(id);
        em.remove(entity);
        await em.flush();
      },
      close: () => orm.close(),
    };
  },
};

function loaded(em: EntityManager, entity: Entity): LoadedImage {
  const add = (name: CollectionName, row: ChildRow): void => void em.create(name, { image: entity, ...row });
  const propertyOf = (name: string): Child | undefined =>
    entity.properties.getItems().find((each) => each["name"] === name);
  return {
    property: (name) => propertyOf(name)?.["value"] as string | undefined,
    rename: (name) => ((entity["name"] = name), em.flush()),
    setProperty: (name, value) => {
      const property = propertyOf(name);
      if (property === undefined) add("properties", { name, value });
      else property["value"] = value;
      return em.flush();
    },
    addTag: (value) => (add("tags", { value }), em.flush()),
    removeTag: (value) => {
      entity.tags.remove(entity.tags.getItems().find((tag) => tag["value"] === value)!);
      return em.flush();
    },
    changeEverything: (round) => {
      const columnsOf = (child: Child) => (column: string) => child[column];
      const content = contentOf((name) => entity[name], {
        properties: entity.properties.getItems().map(columnsOf),
        tags: entity.tags.getItems().map(columnsOf),
        locations: entity.locations.getItems().map(columnsOf),
      });
      changeEverything(content, round);
      Object.assign(entity, content.attributes);
      for (const [name, rows] of rowsOf(content)) {
        const { key } = CHILDREN[name];
        const missing = new Map(rows.map((row) => [row[key], row]));
        for (const child of entity[name].getItems()) {
          const row = missing.get(child[key] as string);
          if (row === undefined) entity[name].remove(child);
          else Object.assign(child, row);
          missing.delete(child[key] as string);
        }
        for (const row of missing.values()) add(name, row);
      }
      return em.flush();
    },
    saveUnchanged: () => em.flush(),
  };
}

function rowsOf(image: ImageContent): [CollectionName, ChildRow[]][] {
  return Object.entries(childRows(image)) as [CollectionName, ChildRow[]][];
}

function imageSchema(): EntitySchema {
  const collection = (entity: CollectionName) => ({ kind: "1:m", entity, mappedBy: "image", orphanRemoval: true });
  return schemaOf(imageTable, Object.fromEntries(COLLECTIONS.map((name) => [name, collection(name)])));
}

function childSchema(name: CollectionName): EntitySchema {
  const { table, key, columns } = CHILDREN[name];
  return new EntitySchema({
    name,
    tableName: table,
    properties: {
      image: { kind: "m:1", entity: IMAGE, fieldName: "image_id", primary: true },
      [key]: { type: "string", primary: true },
      ...Object.fromEntries(columns.map((column) => [column, { type: "string" }])),
    },
  });
}
