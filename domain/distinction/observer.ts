import type { ConflictError } from "./errors.js";

/** Which record an event is about. */
export interface RecordEvent {
  /** Name of the record type. */
  readonly record: string;
  readonly id: string;
}

/**
 * Port: told what happens while records are saved. Every member is optional. An observer must not throw; one that does
 * fails the save, after it was written.
 */
export interface RepositoryObserver {
  /** Another writer came first: the changes were merged and are tried again. `retries` counts from 1. */
  retried?(event: RecordEvent & { readonly retries: number }): void;
  /** Others kept coming first: the record is locked for one write. */
  escalated?(event: RecordEvent & { readonly retries: number }): void;
  /** An overlap was refused; the error names record, attributes and policies. */
  conflicted?(conflict: ConflictError): void;
  /** A save succeeded; `changes` is 0 where nothing had to be written. */
  saved?(event: RecordEvent & { readonly version: number; readonly retries: number; readonly changes: number }): void;
  /** Surrounds a save, for tracing. Must run `work` once and answer what it answers. */
  around?<T>(operation: "save", event: RecordEvent, work: () => Promise<T>): Promise<T>;
}
