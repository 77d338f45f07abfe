import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { findExecutable, searchFolders } from "./server-binary.js";
import type { Say, ServerSource } from "./test-server.js";

/**
 * The package would start a service of its own; policy-rc.d is Debian's way to say no. The shell removes it again,
 * even when the tests that asked for the installation are gone by then. Lists may be absent or old, hence the retry.
 */
export const INSTALL_SCRIPT = `
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y --no-install-recommends mariadb-server; }
install || { apt-get update && install; }
`;

/** What this source needs of the machine; the tests put a fake in its place. */
export interface Machine {
  readonly isRoot: boolean;
  /** The text of /etc/os-release; empty where there is none. */
  osRelease(): Promise<string>;
  hasApt(): Promise<boolean>;
  install(): Promise<void>;
}

/** The last resort, because it changes the machine: says so first, and only root on Debian or Ubuntu gets that far. */
export function aptSource(machine: Machine, installed: ServerSource, say: Say): ServerSource {
  return {
    name: "apt-get install (root on Debian or Ubuntu only)",
    async find() {
      if (!machine.isRoot || !isDebian(await machine.osRelease()) || !(await machine.hasApt())) return undefined;
      say("test server: no server on this machine, going to run: apt-get install -y mariadb-server");
      await machine.install();
      return installed.find();
    },
  };
}

/** Ubuntu and other descendants name Debian in ID_LIKE. */
export function isDebian(osRelease: string): boolean {
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(osRelease);
}

export function thisMachine(environment: NodeJS.ProcessEnv): Machine {
  return {
    isRoot: process.getuid?.() === 0,
    osRelease: () => readFile("/etc/os-release", "utf8").catch(() => ""),
    hasApt: async () => (await findExecutable(["apt-get"], searchFolders(environment))) !== undefined,
    install: () =>
      new Promise((resolve, reject) => {
        const shell = spawn("/bin/sh", ["-c", INSTALL_SCRIPT], { stdio: ["ignore", "inherit", "inherit"] });
        shell.once("error", reject);
        shell.once("exit", (code, signal) => {
          if (code === 0) resolve();
          else reject(new Error(`apt-get install mariadb-server failed (${signal ?? `exit ${String(code)}`})`));
        });
      }),
  };
}
