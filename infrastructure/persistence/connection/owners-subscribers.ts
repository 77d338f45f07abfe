import type { DataSource, EntitySubscriberInterface, QueryRunner } from "typeorm";
import { hookFailed } from "../../../domain/distinction/hooks.js";
import { harmlesslyLoggedRunner } from "./owners-logger.js";
import { errorMeaning, marked } from "./server-error.js";

type Hook = keyof EntitySubscriberInterface;

/** What TypeORM's runners do with a broadcaster; its own type has it the other way round for single events. */
interface Broadcasting {
  broadcast(event: string, ...told: unknown[]): Promise<void>;
  broadcastAfterQueryEvent(waiting: { readonly promises: Promise<unknown>[] }, ...told: unknown[]): void;
}

/** What subscribers are told of our transactions, and in which order TypeORM gives the particulars. */
const TOLD = /^(?:BeforeQuery|(?:Before|After)Transaction(?:Start|Commit|Rollback))$/;
const OF_QUERY = ["query", "parameters", "success", "executionTime", "rawResults", "error"];

/** A query runner of ours: what its data source's logger and subscribers throw changes no outcome. */
export class HarmlessRunner {
  readonly runner: QueryRunner;
  /** What the server gave up on, of the statements that subscribers sent in the transaction: it is gone, whoever knows. */
  #lost: { readonly error: unknown } | undefined;

  constructor(private readonly dataSource: DataSource) {
    const runner = harmlesslyLoggedRunner(dataSource);
    const all = runner.broadcaster as unknown as Broadcasting;
    // The rest is told of what subscribers themselves do with the runner, and concerns them.
    const broadcaster = Object.assign(Object.create(all) as Broadcasting, {
      broadcast: (event: string, ...told: unknown[]) =>
        TOLD.test(event) ? this.#tell(event, told) : all.broadcast(event, ...told),
      broadcastAfterQueryEvent: ({ promises }, ...told) => void promises.push(this.#tell("AfterQuery", told)),
    } satisfies Broadcasting);
    Object.assign(runner, { broadcaster });
    const send = runner.query.bind(runner);
    runner.query = (async (...given: Parameters<QueryRunner["query"]>) => {
      if (given[0] !== "ROLLBACK") this.requireTransaction();
      try {
        return (await send(...given)) as unknown;
      } catch (error) {
        if (["gave-up", "unavailable"].includes(errorMeaning(marked(error)))) this.#lost ??= { error };
        throw error;
      }
    }) as QueryRunner["query"];
    this.runner = runner;
  }

  /** @throws what the server ended the transaction with: the next statement would be a transaction of its own */
  requireTransaction(): void {
    if (this.#lost !== undefined) throw this.#lost.error;
  }

  /** Waits for what they do, as TypeORM does: it may be a part of the transaction. */
  async #tell(event: string, particulars: readonly unknown[]): Promise<void> {
    const { dataSource, runner } = this;
    const hook = (event[0]!.toLowerCase() + event.slice(1)) as Hook;
    const query = Object.fromEntries(particulars.map((value, index) => [OF_QUERY[index]!, value] as const));
    const told = { dataSource, connection: dataSource, queryRunner: runner, manager: runner.manager, ...query };
    const hear = async (subscriber: EntitySubscriberInterface): Promise<void> => {
      try {
        await (subscriber[hook] as ((told: object) => unknown) | undefined)?.call(subscriber, told);
      } catch (error) {
        hookFailed(`subscriber.${hook}`, error);
      }
    };
    await Promise.all(dataSource.subscribers.map(hear));
  }
}
