import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import Sqlite from "better-sqlite3";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { DEFAULT_RETRY } from "../../domain/distinction/save/retry.js";
import { OpenTelemetryObserver } from "../../infrastructure/telemetry/open-telemetry-observer.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { onSqlite } from "../integration/backends.js";
import { Membership, openDataSource } from "../integration/entity-fixtures.js";
import { FakeClock } from "../support/fake-clock.js";

const KEY = { team: "t", person: 1 };
const ATTEMPTS = DEFAULT_RETRY.optimisticAttempts;

describe("what OpenTelemetry is told of a database", () => {
  onSqlite((place) => {
    let dataSource: DataSource;
    let others: EntityRepository<Membership>;
    beforeAll(async () => {
      // Who finds the file locked is told so at once.
      dataSource = await openDataSource(place().url, { synchronize: true, timeout: 0 });
      others = distinct(dataSource, Membership);
      await others.add(others.create({ ...KEY }));
    });
    afterAll(() => dataSource.destroy());

    let clock: PausingClock;
    let told: Told;
    let members: EntityRepository<Membership>;
    beforeEach(async () => {
      clock = new PausingClock();
      told = new Told();
      onTestFinished(() => told.close());
      const { observer } = told;
      members = distinct(dataSource, Membership, { observer, clock, onStatement: observer.countStatement });
      await members.get(KEY); // looks at the tables, as the first use does
      await told.take("distinction.statements");
    });

    test("each statement by its verb, BEGIN and COMMIT included", async () => {
      const member = await members.get(KEY);
      for (let login = 0; login < 3; login++) {
        member.logins++;
        await members.save(member);
      }
      await members.addAll([members.create({ team: "t", person: 2 }), members.create({ team: "t", person: 3 })]);
      expect(await told.take("distinction.statements")).toEqual([
        { verb: "SELECT", value: 1 },
        { verb: "UPDATE", value: 3 },
        { verb: "BEGIN", value: 1 },
        { verb: "INSERT", value: 1 },
        { verb: "COMMIT", value: 1 },
      ]);
    });

    test("a save that others came before each time, as an escalation", async () => {
      const overtake = (): Promise<unknown> => others.update(KEY, (one) => void one.logins++);
      const member = await members.get(KEY);
      member.role = "owner";
      await overtake();
      clock.duringPause = overtake;
      expect(await members.save(member)).toMatchObject({ retries: ATTEMPTS });
      expect(await told.take("distinction.escalations")).toEqual([{ record: "Membership", value: 1 }]);
    });

    test("a unit that another connection keeps off the file, by its further runs", async () => {
      const holder = new Sqlite(place().url.slice("sqlite:".length));
      onTestFinished(() => void holder.close());
      holder.exec("BEGIN IMMEDIATE");
      let pauses = 0;
      clock.duringPause = () => void (++pauses === ATTEMPTS && holder.exec("ROLLBACK"));
      const units = unitOfWork(dataSource, { observer: told.observer, clock });
      await units.run((tx) => tx.repository(members).update(KEY, (one) => void one.logins++));
      expect(await told.take("distinction.unit.retries")).toEqual([
        { locking: false, value: ATTEMPTS - 1 },
        { locking: true, value: 1 },
      ]);
    });
  });
});

/** Does something whenever somebody pauses, instead of waiting. */
class PausingClock extends FakeClock {
  duringPause: () => unknown = () => undefined;

  override async sleep(milliseconds: number): Promise<void> {
    await super.sleep(milliseconds);
    await this.duringPause();
  }
}

/** An observer and what it has counted. */
class Told {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  readonly #reader = new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: 1e6 });
  readonly observer = new OpenTelemetryObserver({
    meter: new MeterProvider({ readers: [this.#reader] }).getMeter("test"),
  });

  close(): Promise<void> {
    return this.#reader.shutdown();
  }

  /** What an instrument has counted since the last time. */
  async take(name: string): Promise<readonly object[]> {
    this.#exporter.reset();
    await this.#reader.forceFlush();
    const metrics = this.#exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics));
    const points = metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
    return points.map(({ attributes, value }) => ({ ...attributes, value }));
  }
}
