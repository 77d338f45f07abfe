import { EntitySchema, MikroORM, OptimisticLockError, type EntitySchemaProperty } from "@mikro-orm/mysql";
import { keyNames, type Attributes } from "../../domain/distinction/types/record-type.js";
import type { RecordTable } from "../../infrastructure/persistence/records/record-table.js";
import { again, type IsOvertaken } from "./again.js";
import type { ArmOptions, ArmType, BatchArm } from "./arm.js";

type Entity = Record<string, unknown>;

export const isOvertaken: IsOvertaken = (error) => error instanceof OptimisticLockError;

/**
 * MikroORM 6 as its guide has it: a forked entity manager per piece of work (its identity map is not to be shared),
 * find, change, flush, in its default batch mode. The version property is on; `flush` compares
 * it in the statement of a record, and before the statement of several.
 */
export const mikroormArm: ArmType<BatchArm> = {
  name: "mikroorm",
  guarantee: "version checked",
  batchGuarantee: "version looked at before, not in the statement",
  async open({ url, table, poolSize, onStatement }: ArmOptions): Promise<BatchArm> {
    const orm = await MikroORM.init({
      clientUrl: url.replace(/^mariadb:/, "mysql:"),
      entities: [schemaOf(table)],
      pool: { min: 0, max: poolSize },
      timezone: "Z",
      charset: "utf8mb4",
      forceUtcTimezone: true,
      metadataCache: { enabled: false }, // schemas in code have nothing to cache
      ...(onStatement && { debug: ["query"], logger: onStatement, colors: false }),
    });
    const entity = table.type.name;
    const edit = async (id: string, change: (loaded: Entity) => void): Promise<void> => {
      const em = orm.em.fork();
      change(await em.findOneOrFail(entity, { id }));
      await em.flush();
    };
    return {
      setAttribute: (id, attribute, value) => edit(id, (loaded) => (loaded[attribute] = value)),
      increment: (id, attribute) =>
        again(() => edit(id, (loaded) => (loaded[attribute] = (loaded[attribute] as number) + 1)), isOvertaken),
      read: (id) => orm.em.fork().findOneOrFail(entity, { id }),
      saveUnchanged: (id, loaded) => edit(id, loaded),
      async editMany(attribute, values) {
        const em = orm.em.fork();
        for (const loaded of await em.find(entity, { id: [...values.keys()] })) {
          loaded[attribute] = values.get(loaded["id"] as string);
        }
        return () => em.flush();
      },
      close: () => orm.close(),
    };
  },
};

/** For the kinds of attributes that the benchmarks' records have. */
export function schemaOf(
  table: RecordTable,
  collections: Readonly<Record<string, EntitySchemaProperty>> = {},
): EntitySchema {
  const key = keyNames(table.type);
  const properties: Record<string, EntitySchemaProperty> = { ...collections };
  for (const [name, { shape, nullable }] of Object.entries(table.type.attributes as Attributes)) {
    const common = { fieldName: table.columns[name]!, nullable, primary: key.includes(name) };
    if (shape.kind === "integer") properties[name] = { ...common, type: "integer" };
    else if (shape.kind === "boolean") properties[name] = { ...common, type: "boolean" };
    else if (shape.kind === "json") properties[name] = { ...common, type: "json" };
    else if (shape.kind === "instant") properties[name] = { ...common, type: "datetime", length: shape.fraction };
    else properties[name] = { ...common, type: "string" };
  }
  properties["version"] = { type: "integer", fieldName: table.versionColumn, version: true };
  return new EntitySchema({ name: table.type.name, tableName: table.name, properties });
}
