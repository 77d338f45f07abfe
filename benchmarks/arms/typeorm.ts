import { DataSource, EntitySchema, In, type EntitySchemaColumnOptions, type Logger } from "typeorm";
import { keyNames, type Attributes } from "../../domain/distinction/types/record-type.js";
import type { RecordTable } from "../../infrastructure/persistence/records/record-table.js";
import type { ArmOptions, ArmType, BatchArm } from "./arm.js";

type Entity = Record<string, unknown>;

/**
 * TypeORM as its guide has it: find, change, `repository.save`. The version column is on; `save` raises it, but does
 * not compare it, so there is nothing to retry on.
 */
export const typeormArm: ArmType<BatchArm> = {
  name: "typeorm",
  guarantee: "version kept, not checked",
  async open({ url, table, poolSize, onStatement }: ArmOptions): Promise<BatchArm> {
    const dataSource = await new DataSource({
      type: "mysql",
      url: url.replace(/^mariadb:/, "mysql:"),
      entities: [schemaOf(table)],
      synchronize: false, // the documented setting for production
      poolSize,
      timezone: "Z",
      charset: "utf8mb4",
      bigNumberStrings: false, // safe integers arrive as numbers, as the entities declare them
      ...(onStatement && { logging: true, logger: countingLogger(onStatement) }),
    }).initialize();
    const repository = dataSource.getRepository<Entity>(table.type.name);
    const load = (id: string): Promise<Entity> => repository.findOneByOrFail({ id });
    return {
      async setAttribute(id, attribute, value) {
        const entity = await load(id);
        entity[attribute] = value;
        await repository.save(entity);
      },
      async increment(id, attribute) {
        const entity = await load(id);
        entity[attribute] = (entity[attribute] as number) + 1;
        await repository.save(entity);
        return 0;
      },
      read: load,
      async saveUnchanged(id, loaded) {
        const entity = await load(id);
        loaded();
        await repository.save(entity);
      },
      async editMany(attribute, values) {
        const entities = await repository.findBy({ id: In([...values.keys()]) });
        for (const entity of entities) entity[attribute] = values.get(entity["id"] as string);
        return async () => void (await repository.save(entities)); // one transaction, as is its default
      },
      close: () => dataSource.destroy(),
    };
  },
};

/** For the kinds of attributes that the benchmarks' records have. */
export function schemaOf(table: RecordTable): EntitySchema<Entity> {
  const key = keyNames(table.type);
  const columns: Record<string, EntitySchemaColumnOptions> = {};
  for (const [name, { shape, nullable }] of Object.entries(table.type.attributes as Attributes)) {
    const common = { name: table.columns[name]!, nullable, primary: key.includes(name) };
    if (shape.kind === "integer") columns[name] = { ...common, type: "int" };
    else if (shape.kind === "boolean") columns[name] = { ...common, type: "boolean" };
    else if (shape.kind === "json") columns[name] = { ...common, type: "json" };
    else if (shape.kind === "instant") columns[name] = { ...common, type: "datetime", precision: shape.fraction };
    else columns[name] = { ...common, type: "varchar" };
  }
  columns["version"] = { name: table.versionColumn, type: "int", version: true };
  return new EntitySchema<Entity>({ name: table.type.name, tableName: table.name, columns });
}

export function countingLogger(onStatement: (sql: string) => void): Logger {
  const ignore = (): void => undefined;
  return {
    logQuery: onStatement,
    logQueryError: ignore,
    logQuerySlow: ignore,
    logSchemaBuild: ignore,
    logMigration: ignore,
    log: ignore,
  };
}
