import { DataSource, EntitySchema, type DataSourceOptions } from "typeorm";
import { driverUrl } from "../support/server/server-version.js";

/** An entity with a counter for each of four writers. */
export interface Tally {
  id: number;
  first: number;
  second: number;
  third: number;
  fourth: number;
  version: number;
}

export type CounterName = "first" | "second" | "third" | "fourth";

export const COUNTER_NAMES: readonly CounterName[] = ["first", "second", "third", "fourth"];

export const TallySchema = new EntitySchema<Tally>({
  name: "Tally",
  columns: {
    id: { type: Number, primary: true },
    first: { type: Number, default: 0 },
    second: { type: Number, default: 0 },
    third: { type: Number, default: 0 },
    fourth: { type: Number, default: 0 },
    version: { type: Number, version: true },
  },
});

export function openTallies(url: string, synchronize: boolean): Promise<DataSource> {
  const place = url.startsWith("sqlite:")
    ? { type: "better-sqlite3", database: url.slice("sqlite:".length) }
    : { type: "mysql", url: driverUrl(url) };
  return new DataSource({ ...place, entities: [TallySchema], synchronize } as DataSourceOptions).initialize();
}
