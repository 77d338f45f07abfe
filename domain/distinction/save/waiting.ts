import type { OperationSubject } from "../observer.js";
import { idText, type RecordId } from "../record/record-id.js";
import type { AnyRecordType } from "../types/record-type.js";
import type { RepositoryEnvironment } from "../repository-environment.js";
import { backoffFor, isHurried, retrySettings, type Backoff, type RetrySettings } from "./retry.js";
import type { WaitOptions } from "./save-options.js";

const NO_OPTIONS: WaitOptions = {};

/** How long the callers of one repository wait. Who says nothing of it pays nothing for it. */
export class Waiting {
  readonly settings: RetrySettings;

  constructor(
    private readonly type: AnyRecordType,
    private readonly environment: RepositoryEnvironment,
  ) {
    this.settings = retrySettings(environment.retry);
  }

  /** @param startedAt when the caller began to wait, where that was earlier */
  backoff(operation: string, options: WaitOptions, id: RecordId, startedAt?: number): Backoff {
    return this.#begun(operation, options, idText(id), startedAt);
  }

  /**
   * The patience of a caller who does not wait for ever.
   *
   * @param subject asked for messages
   * @throws DistinctionError `ABORTED` where the signal has aborted already
   */
  patience(operation: string, options: WaitOptions = NO_OPTIONS, subject: () => OperationSubject): Backoff | undefined {
    return isHurried(this.environment.retry, options) ? this.#begun(operation, options, subject().id) : undefined;
  }

  #begun(operation: string, options: WaitOptions, id: string | undefined, startedAt?: number): Backoff {
    const what = `${operation} of ${this.type.name}${id === undefined ? "" : ` ${id}`}`;
    return backoffFor(what, this.environment, this.settings, options, startedAt);
  }
}
