import { EntitySchema } from "typeorm";
import { expect, inject, onTestFinished, test } from "vitest";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { distinct } from "../../src/composition/distinct.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { onSqlBackends, onSqlite } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Port {
  code: string;
  name: string;
  version: number;
}

/** A server's default collation ignores case; of a file's columns one does that says so. */
const port = (collation: string | undefined, more = {}): EntitySchema<Port> =>
  new EntitySchema<Port>({
    name: "Port",
    columns: {
      code: { type: String, primary: true, length: 20, ...(collation !== undefined && { collation }), ...more },
      name: { type: String, length: 40, default: "" },
      version: { type: Number, version: true },
    },
  });

onSqlBackends((place, backend) => {
  test("an id that another one is to the database alone is told as the index's, at once, and nothing is overwritten", async () => {
    const schema = port(backend === "SQLite" ? "NOCASE" : undefined);
    const dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
    onTestFinished(() => dataSource.destroy());
    const statements: string[] = [];
    const onStatement = ({ sql }: StatementEvent): void => void statements.push(sql.slice(0, 6));
    const ports = distinct(dataSource, schema, { onStatement });
    await ports.add(ports.create({ code: "sea", name: "first" }));
    expect(await ports.find("SEA")).toBeUndefined();

    const again = ports.create({ code: "SEA", name: "second" });
    const refused = { code: "UNIQUE_VALUE_TAKEN", message: expect.stringContaining("Port SEA") as string };
    statements.length = 0;
    await expect(ports.add(again)).rejects.toMatchObject(refused);
    expect(statements).toEqual(["INSERT", "SELECT"]);
    const batch = [ports.create({ code: "lake" }), again];
    await expect(ports.addAll(batch)).rejects.toMatchObject({ code: "UNIQUE_VALUE_TAKEN" });
    const unit = unitOfWork(dataSource).run((tx) => tx.repository(ports).add(again));
    await expect(unit).rejects.toMatchObject(refused);

    // Who is there by this very id is told as ever.
    await expect(ports.add(ports.create({ code: "sea" }))).rejects.toMatchObject({ code: "RECORD_EXISTS" });
    await expect(ports.addAll([ports.create({ code: "lake" }), ports.create({ code: "sea" })])).rejects.toMatchObject({
      code: "RECORD_EXISTS",
      taken: [{ id: "sea" }],
    });
    expect((await ports.list()).records).toMatchObject([{ code: "sea", name: "first" }]);
  });

  /** Ports in a table of their own that has one, and the first words of the statements that are sent. */
  const watched = async (schema: ReturnType<typeof port>) => {
    const dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true, dropSchema: true });
    onTestFinished(() => dataSource.destroy());
    const statements: string[] = [];
    const onStatement = ({ kind, sql }: StatementEvent): void => {
      if (kind === "statement") statements.push(sql.slice(0, 6));
    };
    const ports = distinct(dataSource, schema, { onStatement });
    await ports.add(ports.create({ code: "bay" }));
    return { dataSource, ports, statements };
  };

  test("two ids of one batch that are one to the database alone are told, both, and at once", async () => {
    const schema = port(backend === "SQLite" ? "NOCASE" : undefined);
    const { dataSource, ports, statements } = await watched(schema);
    const batch = ["lake", "sea", "pond", "SEA"].map((code) => ports.create({ code }));
    const refused = { code: "UNIQUE_VALUE_TAKEN", message: expect.stringContaining("Port sea and SEA") as string };
    statements.length = 0;
    await expect(ports.addAll(batch)).rejects.toMatchObject(refused);
    expect(statements).toEqual(["INSERT", "SELECT", "SELECT"]);
    const unit = unitOfWork(dataSource).run((tx) => tx.repository(ports).addAll(batch));
    await expect(unit).rejects.toMatchObject(refused);
    await ports.addAll(batch.slice(0, 3));
    expect((await ports.list()).records).toHaveLength(4);
  });

  /** What a server's default collation takes for one, and more than case, accents and spaces tell apart. */
  const isMariaDb = inject("serverVersion").includes("MariaDB");
  const latin = { charset: "latin1", collation: "latin1_swedish_ci" };
  test.each<[one: string, other: string, column: object]>(
    backend === "SQLite"
      ? [["lake", "LAKE", { collation: "NOCASE" }]]
      : [isMariaDb ? ["\u{1f600}", "\u{1f601}", {}] : ["\u00e6on", "aeon", {}], ["\u00e9", "e", latin]],
  )("%s and %s among thousands are told after three statements", async (one, other, column) => {
    const schema = port(undefined, column);
    const { ports, statements } = await watched(schema);
    const others = Array.from({ length: 2_000 }, (_, index) => `port ${index}`);
    const batch = [one, ...others, other].map((code) => ports.create({ code }));
    statements.length = 0;
    await expect(ports.addAll(batch)).rejects.toMatchObject({
      code: "UNIQUE_VALUE_TAKEN",
      message: expect.stringContaining(`Port ${one} and ${other}: one id to the database`) as string,
    });
    expect(statements).toEqual(["INSERT", "SELECT", "SELECT"]);
    await ports.addAll(batch.slice(1));
  });
});

onSqlite((place) => {
  test("so are two ids of a batch too large to be looked at in one statement, first and last of it", async () => {
    const schema = port("NOCASE");
    const dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
    onTestFinished(() => dataSource.destroy());
    const ports = distinct(dataSource, schema);
    const codes = ["sea", ...Array.from({ length: 30_000 }, (_, index) => `port ${index}`), "SEA"];
    const batch = codes.map((code) => ports.create({ code }));
    const refused = { code: "UNIQUE_VALUE_TAKEN", message: expect.stringContaining("Port sea and SEA") as string };
    await expect(ports.addAll(batch)).rejects.toMatchObject(refused);
    expect((await ports.list()).records).toEqual([]);
  });
});
