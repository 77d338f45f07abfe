import { createPool, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import { MikroORM } from "@mikro-orm/mysql";
import { DataSource } from "typeorm";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { systemClock } from "../../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../../infrastructure/persistence/records/sql-record-store.js";
import { documentTable, documentType, type Body } from "../../model/document.js";
import type { ArmName } from "../descriptions.js";
import { schemaOf as mikroormSchema } from "../mikroorm.js";
import { connect, modelOf } from "../sequelize.js";
import { schemaOf as typeormSchema } from "../typeorm.js";
import { setLeaf, type DocumentArmType } from "./document-arm.js";

const distinctionDocuments: DocumentArmType = {
  name: "distinction",
  guarantee: "version checked",
  async open(url) {
    const outside = { clock: systemClock, random: Math.random };
    const database = openDatabase(url, { ...outside, schema: "unmanaged", poolSize: 1 });
    await database.connect();
    const documents = new DistinctRepository(documentType, new SqlRecordStore(database, documentTable), outside);
    return {
      async edit(id, value) {
        const document = await documents.get(id);
        setLeaf(document.body as Body, value);
        return () => documents.save(document);
      },
      close: () => database.close(),
    };
  },
};

function byHand(
  name: ArmName,
  assigned: string,
  parameter: (document: Body, value: string) => string,
): DocumentArmType {
  return {
    name,
    guarantee: "version checked",
    open(url) {
      const pool = createPool({ uri: url, connectionLimit: 1, timezone: "Z", charset: "utf8mb4" });
      return Promise.resolve({
        async edit(id, value) {
          const select = `SELECT CAST(body AS CHAR) AS body, version FROM ${documentTable.name} WHERE id = ?`;
          const [[row]] = await pool.execute<RowDataPacket[]>(select, [id]);
          const document = JSON.parse(row!["body"] as string) as Body;
          return async () => {
            const given = [parameter(document, value), id, row!["version"] as number];
            const update = `UPDATE ${documentTable.name} SET body = ${assigned}, version = version + 1 WHERE id = ? AND version = ?`;
            const [{ affectedRows }] = await pool.execute<ResultSetHeader>(update, given);
            if (affectedRows !== 1) throw new Error(`${id} was changed meanwhile`);
          };
        },
        close: () => pool.end(),
      });
    },
  };
}

const typeormDocuments: DocumentArmType = {
  name: "typeorm",
  guarantee: "version kept, not checked",
  async open(url) {
    const dataSource = await new DataSource({
      type: "mysql",
      url,
      entities: [typeormSchema(documentTable)],
      poolSize: 1,
      charset: "utf8mb4",
    }).initialize();
    const documents = dataSource.getRepository<{ id: string; body: Body }>(documentType.name);
    return {
      async edit(id, value) {
        const document = await documents.findOneByOrFail({ id });
        setLeaf(document.body, value);
        return () => documents.save(document);
      },
      close: () => dataSource.destroy(),
    };
  },
};

const mikroormDocuments: DocumentArmType = {
  name: "mikroorm",
  guarantee: "version checked",
  async open(url) {
    const orm = await MikroORM.init({
      clientUrl: url,
      entities: [mikroormSchema(documentTable)],
      pool: { min: 0, max: 1 },
      charset: "utf8mb4",
      metadataCache: { enabled: false },
    });
    return {
      async edit(id, value) {
        const em = orm.em.fork();
        setLeaf((await em.findOneOrFail(documentType.name, { id }))["body"] as Body, value);
        return () => em.flush();
      },
      close: () => orm.close(),
    };
  },
};

const sequelizeDocuments: DocumentArmType = {
  name: "sequelize",
  guarantee: "version checked",
  async open(url) {
    const sequelize = connect(url, 1);
    const documents = modelOf(sequelize, documentTable);
    await sequelize.authenticate();
    return {
      async edit(id, value) {
        const document = await documents.findByPk(id, { rejectOnEmpty: true });
        const stored = document.get("body");
        const body = (typeof stored === "string" ? JSON.parse(stored) : stored) as Body; // MariaDB stores text
        setLeaf(body, value);
        document.set("body", body);
        document.changed("body", true); // it does not see changes inside
        return () => document.save();
      },
      close: () => sequelize.close(),
    };
  },
};

export const WHOLE_BY_HAND = "whole column by hand";

/** All that store documents. */
export const DOCUMENT_ARMS: readonly DocumentArmType[] = [
  distinctionDocuments,
  byHand("path by hand", "JSON_SET(body, '$.section0.leaf0', ?)", (_, value) => value),
  byHand(WHOLE_BY_HAND, "?", (document, value) => {
    setLeaf(document, value);
    return JSON.stringify(document);
  }),
  typeormDocuments,
  mikroormDocuments,
  sequelizeDocuments,
];
