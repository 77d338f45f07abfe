import { DistinctionError, type ConflictError } from "./errors.js";
import { harmless, hookFailed } from "./hooks.js";

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
 * Port: told what happens while records are loaded and saved. Every member is optional, and none changes an outcome:
 * what one throws, or rejects with, is told once per process as a `HookFailedWarning` (`process.on("warning")`). Nobody
 * waits for what a hook answers. Inside a unit of work it is told of what happens there and then, whether or not the unit
 * is committed in the end.
 */
export interface RepositoryObserver {
  /** Another writer came first: the changes were merged, or are worked out anew, and are tried again. Counts from 1. */
  retried?(event: RecordEvent & { readonly retries: number }): void;
  /**
   * Others kept coming first: the record is locked for one write. With no `retries` they did so lately, and an update locks
   * it at once.
   */
  escalated?(event: RecordEvent & { readonly retries: number }): void;
  /** An overlap was refused; the error names record, attributes and policies. */
  conflicted?(conflict: ConflictError): void;
  /** A save succeeded; `changes` is 0 where nothing had to be written. */
  saved?(event: RecordEvent & { readonly version: number; readonly retries: number; readonly changes: number }): void;
  /** A unit of work was undone, and runs again; `locking` where it now locks what it loads. Counts from 1. */
  unitRetried?(event: { readonly retries: number; readonly locking: boolean }): void;
  /**
   * Surrounds an operation, for tracing; one that consists of others surrounds them. It is to call `work`, which runs
   * once however often it is called, and whose outcome is the operation's: whatever `around` answers or throws, and
   * without waiting for what it does after that. Where it throws before it calls `work`, the operation runs all the same;
   * where it ends without having called it, the operation fails with `OBSERVER_MISUSED`, and nothing was done.
   */
  around?<T>(operation: Operation, subject: OperationSubject, work: () => Promise<T>): Promise<T>;
}

/** An observer on whom no outcome depends: how repositories and units of work call theirs. */
export class HarmlessObserver implements Required<RepositoryObserver> {
  readonly retried = this.#hook("retried");
  readonly escalated = this.#hook("escalated");
  readonly conflicted = this.#hook("conflicted");
  readonly saved = this.#hook("saved");
  readonly unitRetried = this.#hook("unitRetried");

  private constructor(private readonly observer: RepositoryObserver) {}

  static of(observer: RepositoryObserver | undefined): HarmlessObserver | undefined {
    return observer === undefined || observer instanceof HarmlessObserver ? observer : new HarmlessObserver(observer);
  }

  get surrounds(): boolean {
    return this.observer.around !== undefined;
  }

  /** As the port says it. */
  around<T>(operation: Operation, subject: OperationSubject, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let outcome: Promise<T> | undefined;
      const begun = async (): Promise<T> => work();
      const once = (): Promise<T> => {
        if (outcome === undefined) resolve((outcome = begun()));
        return outcome;
      };
      const around = async (): Promise<T> => this.observer.around!(operation, subject, once);
      const ended = (): void => {
        if (outcome !== undefined) return;
        const message = `the observer's around ended without having called work: nothing of ${operation} was done`;
        const misused = new DistinctionError("OBSERVER_MISUSED", message);
        outcome = Promise.reject(misused); // for whoever calls `work` now
        outcome.catch(() => undefined);
        reject(misused);
      };
      const failed = (error: unknown): void => {
        const tell = (): void => hookFailed("around", error);
        once().then(tell, (own) => own === error || tell());
      };
      around().then(ended, failed);
    });
  }

  #hook<N extends Exclude<keyof RepositoryObserver, "around">>(name: N) {
    type Event = Parameters<NonNullable<RepositoryObserver[N]>>[0];
    return harmless(name, (event: Event) => this.observer[name]?.(event as never));
  }
}

/** Runs `work` inside what the observer puts around it. Asks for the subject only where there is somebody to tell. */
export function observed<T>(
  observer: HarmlessObserver | undefined,
  operation: Operation,
  subject: () => OperationSubject,
  work: () => Promise<T>,
): Promise<T> {
  return observer?.surrounds === true ? observer.around(operation, subject(), work) : work();
}
