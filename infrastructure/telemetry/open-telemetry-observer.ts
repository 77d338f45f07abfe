import { metrics, SpanStatusCode, trace, type Meter, type Tracer } from "@opentelemetry/api";
import { ConflictError } from "../../domain/distinction/errors.js";
import type { RecordEvent, RepositoryObserver } from "../../domain/distinction/observer.js";

export interface TelemetryOptions {
  /** Instruments are made on it; the global one by default. */
  readonly meter?: Meter;
  readonly tracer?: Tracer;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/**
 * Reports saves to OpenTelemetry. Metrics carry the record type, never ids or values; conflicts also carry the attribute
 * or collection, without the entry's key. Spans carry the id.
 *
 * | instrument | kind | attributes |
 * |---|---|---|
 * | `distinction.saves` | counter | `record`, `written` |
 * | `distinction.retries` | counter | `record` |
 * | `distinction.escalations` | counter | `record` |
 * | `distinction.conflicts` | counter | `record`, `attribute`, `policy` |
 * | `distinction.save.duration` | histogram, ms | `record` |
 * | `distinction.statements` | counter | `verb`; see `countStatement` |
 */
export class OpenTelemetryObserver implements RepositoryObserver {
  readonly #tracer: Tracer;
  readonly #now: () => number;
  readonly #saves;
  readonly #retries;
  readonly #escalations;
  readonly #conflicts;
  readonly #duration;
  readonly #statements;

  constructor(options: TelemetryOptions = {}) {
    const meter = options.meter ?? metrics.getMeter("distinction");
    this.#tracer = options.tracer ?? trace.getTracer("distinction");
    this.#now = options.now ?? (() => performance.now());
    this.#saves = meter.createCounter("distinction.saves", { description: "Saves that succeeded" });
    this.#retries = meter.createCounter("distinction.retries", {
      description: "Saves that another writer came before",
    });
    this.#escalations = meter.createCounter("distinction.escalations", { description: "Saves that had to lock" });
    this.#conflicts = meter.createCounter("distinction.conflicts", { description: "Overlaps that were refused" });
    this.#duration = meter.createHistogram("distinction.save.duration", { unit: "ms" });
    this.#statements = meter.createCounter("distinction.statements", { description: "Statements sent" });
  }

  retried({ record }: RecordEvent): void {
    this.#retries.add(1, { record });
  }

  escalated({ record }: RecordEvent): void {
    this.#escalations.add(1, { record });
  }

  conflicted({ record, overlaps }: ConflictError): void {
    for (const { path, policy } of overlaps) {
      this.#conflicts.add(1, { record, attribute: /^[^.[]*/.exec(path)![0], policy });
    }
  }

  saved({ record, changes }: RecordEvent & { readonly changes: number }): void {
    this.#saves.add(1, { record, written: changes > 0 });
  }

  around<T>(operation: string, { record, id }: RecordEvent, work: () => Promise<T>): Promise<T> {
    const attributes = { "distinction.record": record, "distinction.id": id };
    return this.#tracer.startActiveSpan(`distinction.${operation}`, { attributes }, async (span) => {
      const startedAt = this.#now();
      try {
        return await work();
      } catch (error) {
        const message = error instanceof Error ? error.name : "error";
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof ConflictError ? "CONFLICT" : message });
        throw error;
      } finally {
        this.#duration.record(this.#now() - startedAt, { record });
        span.end();
      }
    });
  }

  /** Counts a statement by its verb; for the `onStatement` option. */
  readonly countStatement = ({ sql }: { readonly sql: string }): void => {
    this.#statements.add(1, { verb: /^\w*/.exec(sql)![0].toUpperCase() });
  };
}
