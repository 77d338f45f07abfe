import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Meeting {
  id: string;
  version: number;
  at: Date | null;
  day: string | Date | null;
}

const schema = new EntitySchema<Meeting>({
  name: "Meeting",
  columns: {
    id: { type: String, primary: true, length: 36 },
    version: { type: Number, version: true },
    at: { type: "datetime", nullable: true },
    day: { type: "date", nullable: true },
  },
});

onSqlBackends((place) => {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
  });
  afterAll(() => dataSource.destroy());

  test.each([{ secret: [] }, { secret: ["at", "day"] }])(
    "what only inherits from Date is refused by name: %j",
    async (options) => {
      const meetings = distinct(dataSource, schema, options);
      const meeting = meetings.create({ id: `fake ${options.secret.length}` });
      await meetings.add(meeting);
      for (const name of ["at", "day"] as const) {
        meeting[name] = Object.create(Date.prototype) as Date;
        await expect(meetings.save(meeting)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: name }] });
        meeting[name] = null;
      }
    },
  );

  test("no method of a date's own is called", async () => {
    const meetings = distinct(dataSource, schema);
    const loud = (): never => {
      throw new Error("heard");
    };
    const time = Object.assign(new Date("2026-01-31T12:00:00Z"), {
      getTime: loud,
      getFullYear: loud,
      toISOString: loud,
    });
    const meeting = meetings.create({ id: "own methods", at: time, day: time });
    await meetings.add(meeting);
    const stored = await meetings.get("own methods");
    expect(stored).toMatchObject({ at: new Date("2026-01-31T12:00:00Z"), day: "2026-01-31" });
    time.setUTCFullYear(99_999);
    stored.at = time;
    await expect(meetings.save(stored)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: "at" }] });
  });
});
