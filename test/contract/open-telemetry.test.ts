import { AsyncLocalStorage } from "node:async_hooks";
import { context, ROOT_CONTEXT, SpanStatusCode, type Context, type ContextManager } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { describe, expect, onTestFinished, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { ConflictError } from "../../domain/distinction/errors.js";
import { OpenTelemetryObserver } from "../../infrastructure/telemetry/open-telemetry-observer.js";
import { distinct } from "../../src/composition/distinct.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "../integration/backends.js";
import { Membership, openDataSource, Photo } from "../integration/entity-fixtures.js";
import { FakeClock } from "../support/fake-clock.js";
import { PhotoDesk } from "../support/photo-desk.js";
import { photoType } from "../support/photo.js";

test("reports saves, retries, conflicts and durations by record type, without ids or values in metrics", async () => {
  const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 1e6 });
  const meters = new MeterProvider({ readers: [reader] });
  const spans = new InMemorySpanExporter();
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  let time = 0;
  const observer = new OpenTelemetryObserver({
    meter: meters.getMeter("test"),
    tracer: tracers.getTracer("test"),
    now: () => (time += 5),
  });
  const desk = await PhotoDesk.with({ title: "old", properties: [["k", "old"]] });
  const photos = new DistinctRepository(photoType, desk.store, { clock: new FakeClock(), random: () => 0, observer });

  const photo = await photos.get("p1");
  await desk.photos.update("p1", (other) => void other.properties.set("k", "theirs"));
  photo.title = "new";
  await photos.save(photo);
  await photos.save(photo);
  const stale = await photos.get("p1");
  await desk.photos.update("p1", (other) => void other.properties.set("k", "again"));
  stale.properties.set("k", "mine");
  await expect(photos.save(stale)).rejects.toMatchObject({ code: "CONFLICT" });
  const street = { subject: "address.street", path: "address.street", original: 1, mine: 2, theirs: 3 };
  const versions = { baseVersion: 1, currentVersion: 2, attempts: 1 };
  const overlaps = [{ ...street, policy: "reject" as const }];
  observer.conflicted(new ConflictError({ record: "photo", id: "p1", ...versions, overlaps }));
  observer.countStatement({ sql: "UPDATE t SET x = ?" });

  await reader.forceFlush();
  const metrics = exported
    .getMetrics()
    .at(-1)!
    .scopeMetrics.flatMap((scope) => scope.metrics);
  const points = (name: string) =>
    metrics
      .find(({ descriptor }) => descriptor.name === name)!
      .dataPoints.map(({ attributes, value }) => ({
        ...attributes,
        value: typeof value === "number" ? value : value.sum,
      }));
  expect(points("distinction.saves")).toEqual([
    { record: "photo", written: true, value: 1 },
    { record: "photo", written: false, value: 1 },
  ]);
  expect(points("distinction.retries")).toEqual([{ record: "photo", value: 1 }]);
  expect(points("distinction.conflicts")).toEqual([
    { record: "photo", attribute: "properties", policy: "reject", value: 1 },
    { record: "photo", attribute: "address.street", policy: "reject", value: 1 },
  ]);
  expect(points("distinction.operation.duration")).toEqual([
    { operation: "get", record: "photo", value: 10 },
    { operation: "save", record: "photo", value: 10 },
    { operation: "save", record: "photo", error: "CONFLICT", value: 5 },
  ]);
  expect(points("distinction.statements")).toEqual([{ verb: "UPDATE", value: 1 }]);
  expect(
    spans.getFinishedSpans().map(({ name, status, attributes }) => [name, status, attributes["distinction.id"]]),
  ).toEqual([
    ["distinction.get", { code: SpanStatusCode.UNSET }, "p1"],
    ["distinction.save", { code: SpanStatusCode.UNSET }, "p1"],
    ["distinction.save", { code: SpanStatusCode.UNSET }, "p1"],
    ["distinction.get", { code: SpanStatusCode.UNSET }, "p1"],
    ["distinction.save", { code: SpanStatusCode.ERROR, message: "CONFLICT" }, "p1"],
  ]);
  await meters.shutdown();
});

/** As an SDK for Node.js registers one. */
class ActiveContext implements ContextManager {
  readonly #current = new AsyncLocalStorage<Context>();
  active = (): Context => this.#current.getStore() ?? ROOT_CONTEXT;
  with: ContextManager["with"] = (given, work, self, ...rest) => {
    return this.#current.run<ReturnType<typeof work>>(given, () => Reflect.apply(work, self, rest));
  };
  bind = <T>(_: Context, target: T): T => target;
  enable = () => this;
  disable = () => this;
}

describe("spans of units of work and updates surround those of what they do", () => {
  onSqlBackends((place, backend) => {
    test("whichever repository it is, and however often the unit runs", async () => {
      context.setGlobalContextManager(new ActiveContext());
      onTestFinished(() => context.disable());
      const exported = new InMemorySpanExporter();
      const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exported)] });
      const observer = new OpenTelemetryObserver({ tracer: provider.getTracer("test") });
      const dataSource = await openDataSource(place().url, { synchronize: true });
      onTestFinished(() => dataSource.destroy());
      const photos = distinct(dataSource, Photo, { observer });
      const others = distinct(dataSource, Membership);
      const members = distinct(dataSource, Membership, { observer });
      await others.add(others.create({ team: "t", person: 1 }));
      const photo = photos.create({ title: "one" });
      await photos.add(photo);
      await photos.update(photo.id, (one) => void one.views++);
      await unitOfWork(dataSource, { observer }).run(async (tx) => {
        const member = await tx.repository(members).get({ team: "t", person: 1 });
        // Nobody else can write to an SQLite file while the unit is at it.
        if (tx.attempt === 1 && backend === "server") await elsewhere(place().url);
        member.logins++;
        await tx.repository(members).save(member);
        await tx.repository(photos).update(photo.id, (one) => void one.views++);
      });
      const pair: Branch[] = [
        ["get", []],
        ["save", []],
      ];
      const lost = backend === "server" ? pair : [];
      expect(tree(exported.getFinishedSpans())).toEqual([
        ["add", []],
        ["update", pair],
        ["unitOfWork", [...lost, ...pair, ["update", pair]]],
      ]);
    });
  });
});

type Branch = readonly [name: string, children: readonly Branch[]];

/** The spans by name, each with those inside it, in the order of their beginnings. */
function tree(spans: readonly ReadableSpan[], parent?: string): Branch[] {
  return spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)
    .sort((left, right) => spans.indexOf(left) - spans.indexOf(right))
    .map((span) => [span.name.replace("distinction.", ""), tree(spans, span.spanContext().spanId)]);
}

/** Another process takes the lead. */
async function elsewhere(url: string): Promise<void> {
  const dataSource = await openDataSource(url);
  await distinct(dataSource, Membership).update({ team: "t", person: 1 }, (one) => void one.logins++);
  await dataSource.destroy();
}
