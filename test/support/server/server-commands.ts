import { dirname, join } from "node:path";
import type { ServerBinary } from "./server-binary.js";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface ServerCommands {
  readonly initialise: Command;
  readonly serve: Command;
}

export interface ServerPlace {
  readonly directory: string;
  readonly port: number;
  /** A server refuses to run as root unless told so; nobody else may use the option. */
  readonly asRoot: boolean;
  /** `mariadb-install-db` or its older name; MySQL needs none. */
  readonly installer?: string | undefined;
}

/** The option files of the machine are never read: the server must be the same everywhere. */
export function serverCommands(binary: ServerBinary, place: ServerPlace): ServerCommands {
  const base = ["--no-defaults", ...baseFolder(binary), `--datadir=${join(place.directory, "data")}`];
  const user = place.asRoot ? ["--user=root"] : [];
  return { initialise: initialise(binary, place, base, user), serve: serve(binary, place, base, user) };
}

function initialise(binary: ServerBinary, place: ServerPlace, base: string[], user: string[]): Command {
  switch (binary.flavour) {
    case "mysql":
      return { program: binary.path, args: [...base, ...user, "--initialize-insecure"] };
    case "mariadb":
      if (place.installer === undefined) {
        throw new Error(`${binary.path} was found, but not mariadb-install-db: install MariaDB's server package`);
      }
      return {
        program: place.installer,
        // "normal" gives root an empty password instead of a login by socket, which TCP cannot use.
        args: [...base, ...user, "--auth-root-authentication-method=normal", "--skip-test-db"],
      };
  }
}

function serve(binary: ServerBinary, place: ServerPlace, base: string[], user: string[]): Command {
  return {
    program: binary.path,
    args: [
      ...base,
      ...user,
      `--port=${String(place.port)}`,
      "--bind-address=127.0.0.1",
      `--socket=${join(place.directory, "socket")}`,
      `--pid-file=${join(place.directory, "pid")}`,
      `--tmpdir=${place.directory}`,
      // The data is thrown away: a crash of the machine may lose it.
      "--innodb-flush-log-at-trx-commit=2",
      "--innodb-buffer-pool-size=256M",
      "--max-connections=300",
      "--performance-schema=OFF",
      ...flavourOptions(binary),
    ],
  };
}

function flavourOptions(binary: ServerBinary): string[] {
  switch (binary.flavour) {
    case "mysql":
      // Not skip-name-resolve: the only account is root@localhost, which 127.0.0.1 matches by name alone (no DNS involved).
      return ["--mysqlx=OFF", "--disable-log-bin", "--secure-file-priv=NULL"];
    case "mariadb":
      return ["--skip-name-resolve"];
  }
}

/** An unpacked archive does not know where it lies; a distribution's package does. */
function baseFolder(binary: ServerBinary): string[] {
  const folder = dirname(dirname(binary.path));
  return binary.flavour === "mysql" || folder === "/usr" || folder === "/" ? [] : [`--basedir=${folder}`];
}
