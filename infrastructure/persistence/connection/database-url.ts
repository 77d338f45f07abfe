import { DistinctionError } from "../../../domain/distinction/errors.js";

/** Where a database is: a server, or an embedded file (`:memory:` for none). */
export type DatabaseAddress =
  | {
      readonly kind: "server";
      readonly scheme: "mysql" | "mariadb";
      readonly host: string;
      readonly port: number;
      readonly username: string;
      readonly password: string;
      readonly database: string;
    }
  | { readonly kind: "file"; readonly path: string };

const FORMS = "use mysql://user:password@host:port/database, mariadb://… or sqlite:path/to/file.db";

/**
 * Reads a database URL: `mysql://…`, `mariadb://…`, `sqlite:./data/distinction.db`.
 *
 * @throws DistinctionError `INVALID_DATABASE_URL`; the message never shows the password
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (typeof url !== "string") throw invalid(`none was given; ${FORMS}`); // an environment variable that is not set
  if (url.startsWith("sqlite:")) return fileAddress(url.slice("sqlite:".length));
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw invalid(`it is no URL; ${FORMS}`);
  }
  const scheme = parsed.protocol.slice(0, -1);
  if (scheme !== "mysql" && scheme !== "mariadb") throw invalid(`unknown scheme "${scheme}"; ${FORMS}`);
  if (parsed.search !== "" || parsed.hash !== "") {
    // Ignored, `?ssl=true` would promise what nobody keeps; and an unescaped `#` or `?` cuts a password short.
    throw invalid("nothing may follow the database name; write # and ? in a password as %23 and %3F");
  }
  if (parsed.hostname === "") throw invalid(`the host is missing; ${FORMS}`);
  const database = decoded(parsed.pathname.slice(1));
  if (database === "" || database.includes("/")) throw invalid(`the database name is missing; ${FORMS}`);
  return {
    kind: "server",
    scheme,
    host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: parsed.port === "" ? 3306 : Number(parsed.port),
    username: decoded(parsed.username) || "root",
    password: decoded(parsed.password),
    database,
  };
}

/** The address for messages: without user and password. */
export function describeAddress(address: DatabaseAddress): string {
  return address.kind === "file"
    ? `sqlite:${address.path}`
    : `${address.scheme}://${address.host}:${address.port}/${address.database}`;
}

function fileAddress(path: string): DatabaseAddress {
  if (path === "" || /^\/+$/.test(path)) throw invalid(`the path is missing; ${FORMS}`);
  if (path.includes("\0")) throw invalid("the path holds a NUL character");
  // `sqlite://data/x.db`: a host to URL readers, a relative path to people, and an absolute one to the system.
  if (/^\/\/[^/]/.test(path)) throw invalid("write sqlite:relative/path or sqlite:///absolute/path");
  return { kind: "file", path: path.startsWith("///") ? path.slice(2) : path };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("it holds a broken %-escape");
  }
}

function invalid(reason: string): DistinctionError {
  return new DistinctionError("INVALID_DATABASE_URL", `invalid database URL: ${reason}`);
}
