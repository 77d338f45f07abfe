import { expect, it, vi } from "vitest";
import { dockerSource, type ContainerEngine } from "./docker-source.js";
import type { TestServer } from "./test-server.js";

const SERVER: TestServer = { url: "mysql://root@127.0.0.1:1/", name: "Docker", stop: () => Promise.resolve() };

function engine(answers: () => Promise<boolean>, start: () => Promise<TestServer> = () => Promise.resolve(SERVER)) {
  return { answers: vi.fn(answers), start: vi.fn(start) } satisfies ContainerEngine;
}

it("starts a container when an engine answers", async () => {
  expect(
    await dockerSource(
      engine(() => Promise.resolve(true)),
      () => undefined,
    ).find(),
  ).toBe(SERVER);
});

it.each([
  ["no engine", () => Promise.reject(new Error("Could not find a working container runtime strategy"))],
  ["an engine that says no", () => Promise.resolve(false)],
  ["an engine that never answers", () => new Promise<boolean>(() => undefined)],
])("decides quickly against %s", async (_, answers) => {
  const fake = engine(answers);
  expect(await dockerSource(fake, () => undefined, 50).find()).toBeUndefined();
  expect(fake.start).not.toHaveBeenCalled();
});

it("says why when the image cannot be run, and passes", async () => {
  const said: string[] = [];
  const fake = engine(
    () => Promise.resolve(true),
    () => Promise.reject(new Error("no such image")),
  );
  expect(await dockerSource(fake, (line) => said.push(line)).find()).toBeUndefined();
  expect(said.join("\n")).toMatch(/could not run mysql:8\.4: .*no such image/);
});
