import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onServer } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Meeting {
  readonly id: number;
  at: Date;
  end: Date | null;
  version: number;
}

const Meeting = new EntitySchema<Meeting>({
  name: "meeting",
  tableName: "zoned_meetings",
  columns: {
    id: { type: "int", primary: true },
    at: { type: "timestamp", precision: 3 },
    end: { type: "timestamp", precision: 0, nullable: true },
    version: { type: Number, version: true },
  },
});

const ROUND = new Date("2026-01-31T12:00:00Z");

/** The data source means UTC, the session does not: what is stored is another time, and the limits are moved. */
describe.each([
  ["+05:30", "1970-01-01T05:30:00.999Z", "1970-01-01T05:30:01.000Z", "from 1970-01-01 05:30:01 to 2038-01-19 08:44:07"],
  ["-08:00", "2038-01-18T19:14:08.000Z", "2038-01-18T19:14:07.999Z", "from 1969-12-31 16:00:01 to 2038-01-18 19:14:07"],
])("a TIMESTAMP over a session at %s", (zone, outside, inside, limits) => {
  onServer((place) => {
    let dataSource: DataSource;
    let meetings: EntityRepository<Meeting>;
    const sent: StatementEvent[] = [];
    beforeAll(async () => {
      const settings = { entities: [Meeting], synchronize: true, timezone: "Z", poolSize: 1 };
      dataSource = await openDataSource(place().url, settings);
      await dataSource.query(`SET SESSION time_zone = '${zone}'`);
      const onStatement = (event: StatementEvent): void => void sent.push(event);
      meetings = distinct(dataSource, Meeting, { clock: systemClock, random: Math.random, onStatement });
    });
    afterAll(() => dataSource.destroy());

    const faults = (id: string, ...paths: string[]): object => ({
      code: "INVALID_VALUE",
      id,
      faults: paths.map((path) => ({ path, reason: expect.stringContaining(`${limits} in the time zone`) as string })),
    });
    const made = (id: number, at: Date, end: Date | null = null): Meeting => meetings.create({ id, at, end });

    test("takes all that the server takes", async () => {
      const meeting = made(1, new Date(inside));
      await meetings.add(meeting);
      meeting.at = ROUND;
      await meetings.save(meeting);
      meeting.at = new Date(inside);
      await meetings.save(meeting);
      expect(await meetings.get(1)).toMatchObject({ at: new Date(inside), end: null });
    });

    test("names what the server would refuse, before anything is sent", async () => {
      const [one, two] = [made(2, ROUND), made(3, ROUND)];
      await meetings.addAll([one, two]);
      one.end = two.end = ROUND;
      await meetings.saveAll([one, two]); // the first looks at the table's columns
      sent.length = 0;
      const bad = new Date(outside);
      await expect(meetings.add(made(4, bad, bad))).rejects.toMatchObject(faults("4", "at", "end"));
      await expect(meetings.addAll([made(5, ROUND), made(6, bad)])).rejects.toMatchObject(faults("6", "at"));
      two.end = one.at = bad;
      await expect(meetings.save(one)).rejects.toMatchObject(faults("2", "at"));
      await expect(meetings.saveAll([two])).rejects.toMatchObject(faults("3", "end"));
      expect(sent).toEqual([]);
      one.at = ROUND;
      await expect(meetings.update(2, (meeting) => void (meeting.at = bad))).rejects.toMatchObject(faults("2", "at"));
    });
  });
});
