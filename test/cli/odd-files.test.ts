import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { addFiles } from "../../src/cli/demo/file-targets.js";
import { readInstallation } from "../../src/cli/demo/installed-packages.js";
import { SchemeVerifier } from "../../infrastructure/signing/scheme-verifier.js";
import { TufRepositoryService } from "../../src/application/tuf/tuf-repository-service.js";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";

let place: string;
let world: TufWorld;
let repository: TufRepositoryService;
beforeEach(async () => {
  world = await makeTufWorld();
  repository = new TufRepositoryService({ ...world.ports, verifier: new SchemeVerifier() }, "main");
});
afterEach(() => world.remove());
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "distinction-odd-"));
  await chmod(place, 0o755);
});
afterAll(() => rm(place, { recursive: true, force: true }));

const signal = new AbortController().signal;

/** As a user for whom permissions hold; root reads everything. */
async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid!() !== 0) return work();
  process.seteuid!(65_534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}

async function added(directory: string): ReturnType<typeof addFiles> {
  const { packages } = await readInstallation(directory, signal);
  const files = packages.flatMap((found) => found.files);
  return addFiles(repository, directory, files, signal, () => undefined);
}

test.each([
  ["spaces, quotes and what means something to shells and URLs", "a b#c?d%20'e\"&f;$(g)`h`*.txt"],
  ["dots at its ends", "..a.."],
  ["letters of other scripts", "été-日本語-Ω.txt"],
  ["the longest name that a directory takes", "n".repeat(255)],
])("a file name with %s is a target", async (_, name) => {
  const directory = await mkdtemp(join(place, "fine-"));
  await writeFile(join(directory, name), "content");
  const { targets, unusable } = await added(directory);
  expect([[...targets.keys()], unusable]).toEqual([[name], []]);
});

test.each([
  ["a line break", "two\nlines", /control character/],
  ["an escape sequence of terminals", "\u001b[2J", /control character/],
  ["a backslash", "a\\b", /backslashes/],
  ["a character beyond U+FFFF", "🎉", /U\+FFFF/],
  ["a name that every object inherits", "__proto__", /inherits/],
])("a file name with %s is told, and holds nothing else up", async (_, name, reason) => {
  const directory = await mkdtemp(join(place, "odd-"));
  await writeFile(join(directory, name), "content");
  await writeFile(join(directory, "fine"), "content");
  const { targets, unusable } = await added(directory);
  expect([...targets.keys()]).toEqual(["fine"]);
  expect(unusable).toEqual([{ path: name, reason: expect.stringMatching(reason) as string }]);
});

test("a name that is no UTF-8 is told", async () => {
  const directory = await mkdtemp(join(place, "bytes-"));
  await writeFile(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x66, 0xff, 0x66])]), "content");
  await writeFile(join(directory, "fine"), "content");
  const { packages, unusable } = await readInstallation(directory, signal);
  expect(packages.flatMap(({ files }) => files.map(({ path }) => path))).toEqual(["fine"]);
  expect(unusable).toEqual([{ path: "f\ufffdf", reason: "ENOENT" }]);
});

test("files and directories that may not be read are told, and hold nothing else up", async () => {
  const directory = await mkdtemp(join(place, "secret-"));
  await chmod(directory, 0o755);
  await mkdir(join(directory, "closed"));
  for (const name of ["fine", "secret", "closed/inside"]) await writeFile(join(directory, name), "content");
  await chmod(join(directory, "secret"), 0);
  await chmod(join(directory, "closed"), 0);
  const { installation, files } = await unprivileged(async () => {
    const installation = await readInstallation(directory, signal);
    const found = installation.packages.flatMap(({ files }) => files);
    return { installation, files: await addFiles(repository, directory, found, signal, () => undefined) };
  });
  await chmod(join(directory, "closed"), 0o755);
  expect(installation.unusable).toEqual([{ path: "closed", reason: "EACCES" }]);
  expect(files.unusable).toEqual([{ path: "secret", reason: "EACCES" }]);
  expect([...files.targets.keys()]).toEqual(["fine"]);
});

test("a package.json that may not be read is told, and the package is one without it", async () => {
  const directory = await mkdtemp(join(place, "manifest-"));
  await chmod(directory, 0o755);
  await mkdir(join(directory, "p"));
  await writeFile(join(directory, "p", "package.json"), `{"name":"named"}`);
  await chmod(join(directory, "p", "package.json"), 0);
  const { packages, unusable } = await unprivileged(() => readInstallation(directory, signal));
  expect(packages.map(({ name }) => name)).toEqual(["p"]);
  expect(unusable).toEqual([{ path: "p/package.json", reason: "EACCES" }]);
});
