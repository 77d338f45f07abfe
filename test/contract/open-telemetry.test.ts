import { SpanStatusCode } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { OpenTelemetryObserver } from "../../infrastructure/telemetry/open-telemetry-observer.js";
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
  ]);
  expect(points("distinction.save.duration")).toEqual([{ record: "photo", value: 15 }]);
  expect(points("distinction.statements")).toEqual([{ verb: "UPDATE", value: 1 }]);
  expect(
    spans.getFinishedSpans().map(({ name, status, attributes }) => [name, status, attributes["distinction.id"]]),
  ).toEqual([
    ["distinction.save", { code: SpanStatusCode.UNSET }, "p1"],
    ["distinction.save", { code: SpanStatusCode.UNSET }, "p1"],
    ["distinction.save", { code: SpanStatusCode.ERROR, message: "CONFLICT" }, "p1"],
  ]);
  await meters.shutdown();
});
