import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findServerBinary, flavourOf, searchFolders } from "./server-binary.js";
import { serverCommands } from "./server-commands.js";

const MARIADB = "mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)";
const MYSQL = "/usr/sbin/mysqld  Ver 8.4.3 for Linux on x86_64 (MySQL Community Server - GPL)";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "distinction-binary-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the server's program", () => {
  it("is found in the folders of administrators too", () => {
    expect(searchFolders({ PATH: "/bin:/usr/sbin" })).toEqual(["/bin", "/usr/sbin", "/usr/local/sbin", "/usr/libexec"]);
  });

  it("must be executable, and tells its flavour itself", async () => {
    expect(await findServerBinary([join(folder, "none"), folder])).toBeUndefined();
    const path = join(folder, "mysqld");
    await writeFile(path, `#!/bin/sh\necho '${MARIADB}'\n`);
    expect(await findServerBinary([folder])).toBeUndefined();
    await chmod(path, 0o755);
    expect(await findServerBinary([folder])).toEqual({ path, flavour: "mariadb", version: MARIADB });
    expect(flavourOf(MYSQL)).toBe("mysql");
  });
});

describe("its commands", () => {
  const place = { directory: "/tmp/d", port: 4711 };
  const mariadb = { path: "/usr/sbin/mariadbd", flavour: "mariadb", version: MARIADB } as const;
  const mysql = { path: "/opt/mysql/bin/mysqld", flavour: "mysql", version: MYSQL } as const;

  it("are MariaDB's", () => {
    const installer = "/usr/bin/mariadb-install-db";
    const { initialise, serve } = serverCommands(mariadb, { ...place, asRoot: true, installer });
    expect(initialise.program).toBe(installer);
    expect(initialise.args).toEqual([
      "--no-defaults",
      "--datadir=/tmp/d/data",
      "--user=root",
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    ]);
    expect(serve.program).toBe(mariadb.path);
    expect(serve.args).toEqual(
      expect.arrayContaining(["--port=4711", "--bind-address=127.0.0.1", "--skip-name-resolve"]),
    );
  });

  it("are MySQL's", () => {
    const { initialise, serve } = serverCommands(mysql, { ...place, asRoot: false });
    expect(initialise).toEqual({
      program: mysql.path,
      args: ["--no-defaults", "--datadir=/tmp/d/data", "--initialize-insecure"],
    });
    expect(serve.args).toContain("--mysqlx=OFF");
    expect(serve.args).not.toContain("--user=root");
  });

  it("need MariaDB's installer", () => {
    expect(() => serverCommands(mariadb, { ...place, asRoot: false })).toThrow("mariadb-install-db");
  });

  it("say where an unpacked archive of MariaDB lies", () => {
    const archive = { ...mariadb, path: "/opt/mariadb/bin/mariadbd" };
    const { serve } = serverCommands(archive, { ...place, asRoot: false, installer: "x" });
    expect(serve.args).toContain("--basedir=/opt/mariadb");
  });
});
