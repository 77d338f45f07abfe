import { afterAll, beforeAll } from "vitest";
import { TableStore } from "../../benchmarks/tables.js";
import { createServerDatabase, type TestDatabase } from "../support/test-database.js";

/** A database on the tests' server, as workloads have it. */
export interface BenchPlace {
  /** As the drivers take it, which know no `mariadb:`. */
  readonly url: string;
  readonly tables: TableStore;
}

/** For all tests of a file; there once they run. */
export function benchPlace(fill: (tables: TableStore) => Promise<void>): BenchPlace {
  let place: TestDatabase;
  let tables: TableStore;
  let url: string;
  beforeAll(async () => {
    place = await createServerDatabase();
    url = place.url.replace(/^mariadb:/, "mysql:");
    tables = new TableStore(url);
    await fill(tables);
  });
  afterAll(async () => {
    await tables.close();
    await place.drop();
  });
  return {
    get url() {
      return url;
    },
    get tables() {
      return tables;
    },
  };
}
