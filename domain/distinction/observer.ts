import type { ConflictError } from "./errors.js";

/** Which record an event is about. */
export interface RecordEvent {
  /** Name of the record type. */
  readonly record: string;
  readonly id: string;
}

/** What a repository, or a unit of work, does for its caller. Finding and reloading are `get`, trying to save is `save`. */
export type Operation =
  "add" | "addAll" | "get" | "getMany" | "list" | "remove" | "save" | "saveAll" | "unitOfWork" | "update";

/** What an operation works on: a record, or several of a type; a unit of work says nothing, its operations do. */
export interface OperationSubject {
  /** Name of the record type. */
  readonly record?: string;
  /** Of the one record. */
  readonly id?: string;
  /** Of the several, where the caller names them. */
  readonly count?: number;
}

/**
 * Port: told what happens while records are loaded and saved. Every member is optional. An observer must not throw; one
 * that does fails the save, after it was written. Inside a unit of work it is told of what happens there and then, whether
 * or not the unit is committed in the end.
 */
export interface RepositoryObserver {
  /** Another writer came first: the changes were merged, or are worked out anew, and are tried again. Counts from 1. */
  retried?(event: RecordEvent & { readonly retries: number }): void;
  /** Others kept coming first: the record is locked for one write. */
  escalated?(event: RecordEvent & { readonly retries: number }): void;
  /** An overlap was refused; the error names record, attributes and policies. */
  conflicted?(conflict: ConflictError): void;
  /** A save succeeded; `changes` is 0 where nothing had to be written. */
  saved?(event: RecordEvent & { readonly version: number; readonly retries: number; readonly changes: number }): void;
  /** A unit of work was undone, and runs again; `locking` where it now locks what it loads. Counts from 1. */
  unitRetried?(event: { readonly retries: number; readonly locking: boolean }): void;
  /** Surrounds an operation, for tracing; one that consists of others surrounds them. Must run `work` once and answer what it answers. */
  around?<T>(operation: Operation, subject: OperationSubject, work: () => Promise<T>): Promise<T>;
}

/** Runs `work` inside what the observer puts around it. Asks for the subject only where there is somebody to tell. */
export function observed<T>(
  observer: RepositoryObserver | undefined,
  operation: Operation,
  subject: () => OperationSubject,
  work: () => Promise<T>,
): Promise<T> {
  return observer?.around === undefined ? work() : observer.around(operation, subject(), work);
}
