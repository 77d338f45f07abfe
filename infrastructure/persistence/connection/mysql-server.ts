import type { MysqlDriver } from "typeorm/driver/mysql/MysqlDriver.js";
import type { Dialect } from "./dialect.js";
import { mariadbDialect, mysqlDialect } from "./mysql-dialect.js";
import type { Session } from "./session.js";

export interface MySqlServer {
  readonly dialect: Dialect;
  /** Bytes of the largest statement that it takes. */
  readonly largest: number;
  /** Whether a lock timeout ends the whole transaction, rather than undoing its statement. */
  readonly rollsBackOnTimeout: boolean;
}

/** What a connection reaches. */
export async function mysqlServerOf(session: Session): Promise<MySqlServer> {
  const sql = "SELECT VERSION(), @@SESSION.max_allowed_packet, @@innodb_rollback_on_timeout";
  const [[version, largest, isGone] = []] = await session.rows({ sql, parameters: [], varying: true });
  return {
    dialect: /mariadb/i.test(String(version)) ? mariadbDialect : mysqlDialect,
    largest: Number(largest),
    rollsBackOnTimeout: Number(isGone) !== 0,
  };
}

/** Host and port of a data source's server, for messages: without user and password. */
export function serverName({ replication, ...single }: MysqlDriver["options"]): string {
  const { url, socketPath, host, port = 3306 } = replication?.master ?? single;
  if (socketPath !== undefined) return `the server at ${socketPath}`;
  const named = url !== undefined && URL.canParse(url) ? new URL(url) : { hostname: host, port: String(port) };
  return `the server at ${named.hostname || "localhost"}:${named.port || 3306}`;
}
