import type { DataSource, Logger, QueryRunner } from "typeorm";
import { harmless } from "../../../domain/distinction/hooks.js";
import { SecretParameter, type Parameter } from "./parameter.js";
import { errorCode } from "./server-error.js";
import type { Statement } from "./session.js";

/** What TypeORM's statements are told to. */
type Telling = Pick<Logger, "logQuery" | "logQueryError" | "logQuerySlow">;

const loggers = new WeakMap<DataSource, Telling>();

/**
 * The logger of a data source, which is a hook of its owner's: what it throws changes no outcome. An error of its file would
 * look like one of the connection, and one that it throws at a COMMIT or ROLLBACK would leave a transaction open.
 */
export function ownersLogger(dataSource: DataSource): Telling {
  let logger = loggers.get(dataSource);
  if (logger === undefined) {
    // Looked up each time: its owner may set another one.
    logger = {
      logQuery: harmless("logger.logQuery", (...told) => dataSource.logger.logQuery(...told) as unknown),
      logQueryError: harmless("logger.logQueryError", (...told) => dataSource.logger.logQueryError(...told) as unknown),
      logQuerySlow: harmless("logger.logQuerySlow", (...told) => dataSource.logger.logQuerySlow(...told) as unknown),
    } satisfies Telling;
    loggers.set(dataSource, logger);
  }
  return logger;
}

/**
 * Tells the owner's logger of a statement of ours, as TypeORM tells it of its own.
 *
 * @returns what to call when it is answered, with its error where it was refused
 */
export function tellOwner(
  dataSource: DataSource,
  { sql, parameters }: Statement,
  runner?: QueryRunner,
): (error?: unknown) => void {
  const logger = ownersLogger(dataSource);
  const told = [sql, [...parameters], runner] as const;
  logger.logQuery(...told);
  const { maxQueryExecutionTime: limit = 0 } = dataSource.options;
  const sentAt = limit > 0 ? Date.now() : 0;
  return (error) => {
    const duration = limit > 0 ? Date.now() - sentAt : 0;
    if (duration > limit) logger.logQuerySlow(duration, ...told);
    if (error !== undefined) logger.logQueryError(shownError(error, parameters), ...told);
  };
}

/** A driver's message holds values, and its error the statement with all of them. */
function shownError(error: unknown, parameters: readonly Parameter[]): Error | string {
  const isSecret = parameters.some((parameter) => parameter instanceof SecretParameter);
  return isSecret || !(error instanceof Error) ? errorCode(error) : error;
}

/** A query runner of ours whose statements are told to its data source's logger as ours are. */
export function harmlesslyLoggedRunner(dataSource: DataSource): QueryRunner {
  const runner = dataSource.createQueryRunner() as QueryRunner & { driver: DataSource["driver"] };
  // TypeORM's runners find the logger by way of their driver. Faces of both, for the owner's own runners share them.
  const face = Object.create(dataSource, { logger: { value: ownersLogger(dataSource) } }) as DataSource;
  runner.driver = Object.create(runner.driver, { dataSource: { value: face } }) as DataSource["driver"];
  return runner;
}
