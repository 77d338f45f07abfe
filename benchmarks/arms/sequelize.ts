import * as mysql2 from "mysql2";
import { DataTypes, OptimisticLockError, Sequelize, type ModelStatic, type SequelizeAttributes } from "sequelize";
import { keyNames, type Attributes } from "../../domain/distinction/types/record-type.js";
import type { RecordTable } from "../../infrastructure/persistence/records/record-table.js";
import { again, type IsOvertaken } from "./again.js";
import type { ArmOptions, ArmType, BatchArm } from "./arm.js";

export const isOvertaken: IsOvertaken = (error) => error instanceof OptimisticLockError;

/**
 * Sequelize 6 as its guide has it: find, change, `instance.save`, which writes the changed columns. Optimistic locking
 * (`version: true`) is on; `save` compares the version.
 */
export const sequelizeArm: ArmType<BatchArm> = {
  name: "sequelize",
  guarantee: "version checked",
  async open({ url, table, poolSize, onStatement }: ArmOptions): Promise<BatchArm> {
    const sequelize = connect(url, poolSize, onStatement);
    const model = modelOf(sequelize, table);
    await sequelize.authenticate();
    return {
      async setAttribute(id, attribute, value) {
        const instance = await model.findByPk(id, { rejectOnEmpty: true });
        instance.set(attribute, value);
        await instance.save();
      },
      increment: (id, attribute) =>
        again(async () => {
          const instance = await model.findByPk(id, { rejectOnEmpty: true });
          instance.set(attribute, Number(instance.get(attribute)) + 1);
          await instance.save();
        }, isOvertaken),
      read: (id) => model.findByPk(id, { rejectOnEmpty: true }),
      async saveUnchanged(id, loaded) {
        const instance = await model.findByPk(id, { rejectOnEmpty: true });
        loaded();
        await instance.save();
      },
      async editMany(attribute, values) {
        const instances = await model.findAll({ where: { id: [...values.keys()] } });
        for (const instance of instances) instance.set(attribute, values.get(instance.get("id") as string));
        return () =>
          sequelize.transaction(async (transaction) => {
            for (const instance of instances) await instance.save({ transaction });
          });
      },
      close: () => sequelize.close(),
    };
  },
};

export function connect(url: string, poolSize: number, onStatement?: (sql: string) => void): Sequelize {
  return new Sequelize(url.replace(/^mariadb:/, "mysql:"), {
    dialect: "mysql",
    dialectModule: mysql2,
    pool: { max: poolSize, min: 0 },
    timezone: "+00:00",
    logging: onStatement ?? false,
  });
}

/** For the kinds of attributes that the benchmarks' records have. */
export function modelOf(sequelize: Sequelize, table: RecordTable): ModelStatic {
  const key = keyNames(table.type);
  const attributes: SequelizeAttributes = {};
  for (const [name, { shape, nullable }] of Object.entries(table.type.attributes as Attributes)) {
    const common = { field: table.columns[name]!, allowNull: nullable, primaryKey: key.includes(name) };
    if (shape.kind === "integer") attributes[name] = { ...common, type: DataTypes.BIGINT };
    else if (shape.kind === "boolean") attributes[name] = { ...common, type: DataTypes.BOOLEAN };
    else if (shape.kind === "json") attributes[name] = { ...common, type: DataTypes.JSON };
    else if (shape.kind === "instant") attributes[name] = { ...common, type: DataTypes.DATE(shape.fraction) };
    else attributes[name] = { ...common, type: DataTypes.STRING };
  }
  return sequelize.define(table.type.name, attributes, { tableName: table.name, timestamps: false, version: true });
}
