import { DataTypes, type Model, type ModelStatic, type Sequelize, type Transaction } from "sequelize";
import { changeEverything, imageTable } from "../../model/image.js";
import { connect, isOvertaken, modelOf } from "../sequelize.js";
import { childRows, CHILDREN, COLLECTIONS, contentOf, type ChildRow, type CollectionName } from "./child-rows.js";
import { exceptFrames, raising, type ImageArm, type ImageArmType, type LoadedImage } from "./image-arm.js";

type Models = Readonly<Record<CollectionName, ModelStatic>>;

/**
 * Sequelize 6 as its guide has it: collections included by one query each, `save` of the instance that was changed,
 * several in one managed transaction. Optimistic locking (`version: true`) is on.
 */
export const sequelizeImages: ImageArmType = {
  name: "sequelize",
  guarantee: "checked for own row only",
  async open({ url, poolSize, onStatement }): Promise<ImageArm> {
    const sequelize = connect(url, poolSize, onStatement && exceptFrames(onStatement));
    const images = modelOf(sequelize, imageTable);
    const models = Object.fromEntries(COLLECTIONS.map((name) => [name, childModel(sequelize, name)])) as Models;
    for (const name of COLLECTIONS) images.hasMany(models[name], { foreignKey: "imageId", as: name });
    await sequelize.authenticate();
    const include = COLLECTIONS.map((name) => ({ model: models[name], as: name, separate: true }));
    const find = async (id: string): Promise<Model> => {
      const found = await images.findByPk(id, { include }); // `rejectOnEmpty` would reject empty collections, too
      if (found === null) throw new Error(`there is no ${id}`);
      return found;
    };
    const load = async (id: string): Promise<LoadedImage> => loaded(sequelize, models, id, await find(id));
    return {
      load,
      raise: raising(load, isOvertaken),
      add: (id, image) =>
        sequelize.transaction(async (transaction) => {
          await images.create({ id, ...image.attributes }, { transaction });
          const rows = childRows(image);
          for (const name of COLLECTIONS) await createAll(models[name], id, rows[name], transaction);
        }),
      remove: async (id) => (await find(id)).destroy(), // foreign keys do the rest
      close: () => sequelize.close(),
    };
  },
};

function loaded(sequelize: Sequelize, models: Models, imageId: string, image: Model): LoadedImage {
  const children = (name: CollectionName): Model[] => image.get(name) as Model[];
  const columnsOf = (child: Model) => (column: string) => child.get(column);
  const propertyOf = (name: string): Model | undefined =>
    children("properties").find((each) => each.get("name") === name);
  return {
    property: (name) => propertyOf(name)?.get("value") as string | undefined,
    rename: async (name) => {
      image.set("name", name);
      await image.save();
    },
    setProperty: async (name, value) => {
      const property = propertyOf(name);
      if (property === undefined) return void (await models.properties.create({ imageId, name, value }));
      property.set("value", value);
      await property.save();
    },
    addTag: async (value) => void (await models.tags.create({ imageId, value })),
    removeTag: async (value) => void (await models.tags.destroy({ where: { imageId, value } })),
    changeEverything: (round) => {
      const content = contentOf((name) => image.get(name), {
        properties: children("properties").map(columnsOf),
        tags: children("tags").map(columnsOf),
        locations: children("locations").map(columnsOf),
      });
      changeEverything(content, round);
      const rows = childRows(content);
      return sequelize.transaction(async (transaction) => {
        for (const [name, value] of Object.entries(content.attributes)) image.set(name, value);
        await image.save({ transaction });
        for (const name of COLLECTIONS) {
          const { key } = CHILDREN[name];
          const missing = new Map(rows[name].map((row) => [row[key], row]));
          const gone: unknown[] = [];
          for (const child of children(name)) {
            const row = missing.get(child.get(key) as string);
            if (row === undefined) gone.push(child.get(key));
            else for (const [column, value] of Object.entries(row)) child.set(column, value);
            missing.delete(child.get(key) as string);
            if (row !== undefined) await child.save({ transaction });
          }
          if (gone.length > 0) await models[name].destroy({ where: { imageId, [key]: gone }, transaction });
          await createAll(models[name], imageId, [...missing.values()], transaction);
        }
      });
    },
    saveUnchanged: async () => void (await image.save()),
  };
}

async function createAll(
  model: ModelStatic,
  imageId: string,
  rows: readonly ChildRow[],
  transaction: Transaction,
): Promise<void> {
  const own = rows.map((row) => ({ imageId, ...row }));
  if (own.length > 0) await model.bulkCreate(own, { transaction });
}

function childModel(sequelize: Sequelize, name: CollectionName): ModelStatic {
  const { table, key, columns } = CHILDREN[name];
  const text = (column: string) => [column, { type: DataTypes.STRING, primaryKey: column === key }] as const;
  return sequelize.define(
    name,
    {
      imageId: { type: DataTypes.STRING, field: "image_id", primaryKey: true },
      ...Object.fromEntries([key, ...columns].map(text)),
    },
    { tableName: table, timestamps: false },
  );
}
