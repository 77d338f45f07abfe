import { metrics, SpanStatusCode, trace, type Meter, type Tracer } from "@opentelemetry/api";
import { DistinctionError, type ConflictError } from "../../domain/distinction/errors.js";
import type {
  Operation,
  OperationSubject,
  RecordEvent,
  RepositoryObserver,
} from "../../domain/distinction/observer.js";

export interface TelemetryOptions {
  /** Instruments are made on it; the global one by default. */
  readonly meter?: Meter;
  readonly tracer?: Tracer;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/**
 * Reports what repositories and units of work do to OpenTelemetry: a span for each operation, those of a unit or an update
 * inside its own (given a context manager, as every SDK for Node.js registers one). Metrics carry the record type, never
 * ids or values; conflicts also carry the attribute or collection, without the entry's key. Spans carry the id.
 *
 * | instrument | kind | attributes |
 * |---|---|---|
 * | `distinction.saves` | counter | `record`, `written` |
 * | `distinction.retries` | counter | `record` |
 * | `distinction.escalations` | counter | `record` |
 * | `distinction.conflicts` | counter | `record`, `attribute`, `policy` |
 * | `distinction.unit.retries` | counter | `locking` |
 * | `distinction.operation.duration` | histogram, ms | `operation`, `record`, `error` where it failed: its code |
 * | `distinction.statements` | counter | `verb`; see `countStatement` |
 */
export class OpenTelemetryObserver implements RepositoryObserver {
  readonly #tracer: Tracer;
  readonly #now: () => number;
  readonly #saves;
  readonly #retries;
  readonly #escalations;
  readonly #conflicts;
  readonly #unitRetries;
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
    this.#unitRetries = meter.createCounter("distinction.unit.retries", {
      description: "Units of work that ran again",
    });
    this.#duration = meter.createHistogram("distinction.operation.duration", { unit: "ms" });
    this.#statements = meter.createCounter("distinction.statements", { description: "Statements sent" });
  }

  retried({ record }: RecordEvent): void {
    this.#retries.add(1, { record });
  }

  escalated({ record }: RecordEvent): void {
    this.#escalations.add(1, { record });
  }

  conflicted({ record, overlaps }: ConflictError): void {
    for (const { subject, policy } of overlaps) this.#conflicts.add(1, { record, attribute: subject, policy });
  }

  saved({ record, changes }: RecordEvent & { readonly changes: number }): void {
    this.#saves.add(1, { record, written: changes > 0 });
  }

  unitRetried({ locking }: { readonly locking: boolean }): void {
    this.#unitRetries.add(1, { locking });
  }

  around<T>(operation: Operation, subject: OperationSubject, work: () => Promise<T>): Promise<T> {
    const { record, id, count } = subject;
    const attributes = { "distinction.record": record, "distinction.id": id, "distinction.count": count };
    return this.#tracer.startActiveSpan(`distinction.${operation}`, { attributes }, async (span) => {
      const startedAt = this.#now();
      let failure: string | undefined;
      try {
        return await work();
      } catch (error) {
        failure = nameOf(error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
        throw error;
      } finally {
        this.#duration.record(this.#now() - startedAt, { operation, record, error: failure });
        span.end();
      }
    });
  }

  /** Counts a statement by its verb; for the `onStatement` option. */
  readonly countStatement = ({ sql }: { readonly sql: string }): void => {
    this.#statements.add(1, { verb: /^\w*/.exec(sql)![0].toUpperCase() });
  };
}

/** Messages may hold ids; what names the kind of error holds nothing of a record. */
function nameOf(error: unknown): string {
  if (error instanceof DistinctionError) return error.code;
  return error instanceof Error ? error.name : "error";
}
