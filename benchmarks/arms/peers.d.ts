/**
 * The part of the peers' surface that the arms use. Declared here, so that the project's checks pass where the peers
 * are not installed (`npm --prefix benchmarks ci`).
 */
declare module "@mikro-orm/mysql" {
  export interface EntitySchemaProperty {
    type?: string;
    kind?: string;
    entity?: string;
    mappedBy?: string;
    orphanRemoval?: boolean;
    fieldName?: string;
    nullable?: boolean;
    primary?: boolean;
    length?: number;
    version?: boolean;
  }
  export class EntitySchema {
    constructor(schema: { name: string; tableName: string; properties: Record<string, EntitySchemaProperty> });
  }
  export class OptimisticLockError extends Error {}
  export interface Collection<T> {
    getItems(): T[];
    remove(item: T): void;
  }
  export interface EntityManager {
    fork(): EntityManager;
    create(entity: string, values: Record<string, unknown>): Record<string, unknown>;
    find(entity: string, where: Record<string, unknown>): Promise<Record<string, unknown>[]>;
    findOneOrFail(
      entity: string,
      where: Record<string, unknown>,
      options?: { readonly populate: readonly string[] },
    ): Promise<Record<string, unknown>>;
    remove(entity: Record<string, unknown>): void;
    flush(): Promise<void>;
  }
  export class MikroORM {
    static init(options: Record<string, unknown>): Promise<MikroORM>;
    readonly em: EntityManager;
    close(): Promise<void>;
  }
}

declare module "sequelize" {
  export type SequelizeAttributes = Record<string, Record<string, unknown>>;
  export interface Model {
    get(name: string): unknown;
    set(name: string, value: unknown): void;
    changed(name: string, dirty: boolean): void;
    save(options?: { transaction: Transaction }): Promise<unknown>;
    destroy(): Promise<void>;
  }
  export interface Transaction {
    readonly finished?: string;
  }
  export interface Include {
    readonly model: ModelStatic;
    readonly as: string;
    /** By a query of its own, instead of a join. */
    readonly separate: boolean;
  }
  export interface ModelStatic {
    findAll(options: { where: Record<string, unknown> }): Promise<Model[]>;
    findByPk(id: string, options: { rejectOnEmpty: true }): Promise<Model>;
    findByPk(id: string, options: { include: readonly Include[] }): Promise<Model | null>;
    create(values: Record<string, unknown>, options?: { transaction: Transaction }): Promise<Model>;
    bulkCreate(rows: readonly Record<string, unknown>[], options: { transaction: Transaction }): Promise<Model[]>;
    destroy(options: { where: Record<string, unknown>; transaction?: Transaction }): Promise<number>;
    hasMany(model: ModelStatic, options: { foreignKey: string; as: string }): unknown;
  }
  export const DataTypes: {
    readonly BIGINT: unknown;
    readonly BOOLEAN: unknown;
    readonly JSON: unknown;
    readonly STRING: unknown;
    readonly DATE: (fraction: number) => unknown;
  };
  export class OptimisticLockError extends Error {}
  export class Sequelize {
    constructor(url: string, options: Record<string, unknown>);
    define(name: string, attributes: SequelizeAttributes, options: Record<string, unknown>): ModelStatic;
    authenticate(): Promise<void>;
    transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
    close(): Promise<void>;
  }
}
