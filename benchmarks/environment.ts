import { spawnSync } from "node:child_process";
import { cpus, loadavg, platform, release, totalmem } from "node:os";
import { packageVersion } from "./package-version.js";

/**
 * The machine and the versions that the figures belong to.
 *
 * @param isolation level at which every arm was seen to write
 */
export function environment(settings: Readonly<Record<string, string>>, isolation: string) {
  return {
    at: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    platform: `${platform()} ${release()} ${process.arch}`,
    processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    memory: totalmem(),
    load: loadavg(),
    server: settings,
    isolation,
    versions: versions(),
  };
}

/** As people call it: distributions put their own name where a server tells its. */
export function serverName({ server }: Pick<Environment, "server">): string {
  const { version = "of an unknown version", version_comment: comment = "" } = server;
  return `${/mariadb/i.test(version + comment) ? "MariaDB" : "MySQL"} ${version}`;
}

/** Whether a commit lasts, and what the server does for that: the figures depend on little as much. */
export function durability(environment: Pick<Environment, "server">): string {
  const lasts = environment.server["innodb_flush_log_at_trx_commit"] === "1";
  const settings = Object.entries(durabilitySettings(environment)).map((setting) => setting.join(" "));
  return `its log ${lasts ? "" : "not "}flushed at every commit (${settings.join(", ")})`;
}

/** Those of the server that say how long a commit lasts. */
export function durabilitySettings({ server }: Pick<Environment, "server">): Record<string, string> {
  const names = ["innodb_flush_log_at_trx_commit", "sync_binlog", "log_bin"];
  return Object.fromEntries(names.map((name) => [name, server[name] ?? "unknown"]));
}

/** What a reader must know of a run before its first figure: the server, and what else it was made with. */
export function environmentLines(environment: Environment): string[] {
  const { commit, node, processors, isolation } = environment;
  return [
    `${serverName(environment)}, ${durability(environment)}`,
    `Node ${node}, ${processors}, commit ${commit}, every arm at ${isolation}`,
  ];
}

export type Environment = ReturnType<typeof environment>;

const PACKAGES = ["typeorm", "mysql2", "microdiff", "@mikro-orm/core", "@mikro-orm/mysql", "sequelize"];

/** Those that run on a driver that they find for themselves; this library does on that of TypeORM. */
const DRIVING = ["typeorm", "@mikro-orm/mysql", "sequelize"];

function versions(): Record<string, string> {
  const here = import.meta.url;
  return Object.fromEntries([
    ...PACKAGES.map((name) => [name, packageVersion(name, here)]),
    ...DRIVING.map((of) => [`mysql2 (of ${of})`, packageVersion("mysql2", here, of)]),
  ]) as Record<string, string>;
}

/** What was measured; `changed` where files differ from it. */
function commit(): string {
  const git = (...args: string[]): string =>
    spawnSync("git", args, { encoding: "utf8", cwd: import.meta.dirname }).stdout?.trim() ?? "";
  const hash = git("rev-parse", "--short=12", "HEAD");
  if (hash === "") return "unknown";
  return git("status", "--porcelain", "--untracked-files=no") === "" ? hash : `${hash}, changed`;
}
