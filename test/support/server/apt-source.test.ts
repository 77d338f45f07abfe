import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { aptSource, INSTALL_SCRIPT, isDebian, type Machine } from "./apt-source.js";
import type { TestServer } from "./test-server.js";

const SERVER: TestServer = { url: "mysql://root@127.0.0.1:1/", name: "installed", stop: () => Promise.resolve() };

function ask(differences: Partial<Machine>) {
  const happened: string[] = [];
  const machine: Machine = {
    isRoot: true,
    osRelease: () => Promise.resolve("ID=debian\n"),
    hasApt: () => Promise.resolve(true),
    install: () => Promise.resolve(void happened.push("install")),
    ...differences,
  };
  const local = {
    name: "local",
    find() {
      happened.push("start");
      return Promise.resolve(SERVER);
    },
  };
  const found = aptSource(machine, local, (line) => happened.push(line)).find();
  return { found, happened };
}

it("says what it is going to do, does it, then starts what was installed", async () => {
  const { found, happened } = ask({});
  expect(await found).toBe(SERVER);
  expect(happened).toEqual([expect.stringContaining("apt-get install -y mariadb-server"), "install", "start"]);
});

it.each<[string, Partial<Machine>]>([
  ["not root", { isRoot: false }],
  ["another system", { osRelease: () => Promise.resolve("ID=fedora\n") }],
  ["no system description", { osRelease: () => Promise.resolve("") }],
  ["no apt-get", { hasApt: () => Promise.resolve(false) }],
])("changes nothing: %s", async (_, differences) => {
  const { found, happened } = ask(differences);
  expect(await found).toBeUndefined();
  expect(happened).toEqual([]);
});

it("fails when the installation fails", async () => {
  const { found } = ask({ install: () => Promise.reject(new Error("no network")) });
  await expect(found).rejects.toThrow("no network");
});

it("knows Debian's descendants", () => {
  expect(isDebian('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n')).toBe(true);
  expect(isDebian('ID=linuxmint\nID_LIKE="ubuntu debian"\n')).toBe(true);
  expect(isDebian('NAME="not debian"\nID="rhel"\nID_LIKE="fedora"\n')).toBe(false);
});

it("runs a script that the shell can read", () => {
  execFileSync("/bin/sh", ["-n"], { input: INSTALL_SCRIPT });
});
