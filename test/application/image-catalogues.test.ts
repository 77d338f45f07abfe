import { describe, expect, test } from "vitest";
import { exportImages } from "../../src/application/images/export-images.js";
import type { CatalogueLine } from "../../src/application/images/catalogue-line.js";
import { importImages, type ImportReport } from "../../src/application/images/import-images.js";
import { splitLines } from "../../src/cli/images/split-lines.js";
import { DistinctionError } from "../../domain/distinction/errors.js";
import { ImageRepositoryProxy } from "../../domain/image/image-repository-proxy.js";
import type { ImageQuery } from "../../domain/image/image-query.js";
import type { ImageRepository } from "../../domain/image/image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import { purgeImages } from "../../src/application/images/purge-images.js";
import { memoryGateway, newImage } from "../support/images.js";

const id = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

const NOTHING = { imported: 0, existing: 0, different: 0, removed: 0, bad: 0 };

/** What an import of these lines reports, and tells of each of them. */
async function imported(
  images: ImageRepository,
  lines: readonly (string | object)[],
): Promise<ImportReport & { readonly told: readonly string[] }> {
  const told: string[] = [];
  const report = await importImages({ images, clock: { now: () => 0 } }, splitLines(chunksOf(lines)), {
    onLine: (number, reason) => void told.push(`${number} ${reason}`),
    signal: new AbortController().signal,
  });
  return { ...report, told };
}

async function* chunksOf(lines: readonly (string | object)[]): AsyncGenerator<Uint8Array> {
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
  yield Promise.resolve(Buffer.from(text));
}

async function exported(images: ImageRepository): Promise<string> {
  let text = "";
  await exportImages(images, (lines) => Promise.resolve(void (text += lines)));
  return text;
}

describe("an import tells", () => {
  test("whose image is there already, and what the line says otherwise, near it or far behind", async () => {
    const { images } = memoryGateway();
    const others = numbered(250).map((_, index) => ({ id: id(index + 1) }));
    const lines = [
      { id: id(0), name: "one", tags: ["a", "b"] },
      { id: id(0), name: "one", tags: ["b", "a"] },
      { id: id(0), name: "two", minRam: 1 },
      ...others,
      { id: id(0), owner: "somebody", tags: ["b", "a"] },
    ];
    expect(await imported(images, lines)).toEqual({
      ...NOTHING,
      imported: 251,
      existing: 3,
      different: 2,
      told: [
        "3 its image is there already, with other name, minRam",
        "254 its image is there already, with other owner",
      ],
    });
    expect(await images.get(id(0))).toMatchObject({ name: "one", owner: null });
  });

  test("whose image was removed, and does not bring it back", async () => {
    const { images } = memoryGateway();
    const lines = [{ id: id(0) }, { id: id(1) }];
    await imported(images, lines);
    await images.remove(await images.get(id(1)));
    expect(await imported(images, [...lines, { id: id(2) }])).toEqual({
      ...NOTHING,
      imported: 1,
      existing: 1,
      removed: 1,
      told: ["2 its image was removed, and is not brought back"],
    });
    expect(await images.find(id(1))).toBeUndefined();
  });

  test.each([
    ["{", "no JSON, from character 2 on"],
    [`{"id":"${id(0)}"`, "no JSON"],
    [`{"id":"${id(0)}","name":"a","name":"b"}`, '"name" is there twice in one object'],
    [`{"id":"${id(0)}","na\\u006de":"a","name":"b"}`, '"name" is there twice in one object'],
    [located(`{"z":1,"y":[{"a":1,"b":{},"a":2}]}`), '"a" is there twice in one object'],
    [located(`{"n":12345678901234567890.123}`), "12345678901234567890.123 has more digits than JavaScript keeps"],
    [located("null"), 'locations["a"]: metadata: an object of metadata'],
    [located(`{"n":1e999}`), 'locations["a"]: metadata: a finite number, got Infinity at .n'],
    [{ id: id(0), createdAt: 5 }, "createdAt: a time such as 2026-01-31T12:00:00.000Z is needed"],
    [{ id: id(0), createdAt: "1 Jan 2026" }, "createdAt: a time such as 2026-01-31T12:00:00.000Z is needed"],
    [{ id: id(0), updatedAt: "2026-02-31T00:00:00Z" }, "updatedAt: a time such as 2026-01-31T12:00:00.000Z is needed"],
    [{ id: "no-uuid" }, "id: a UUID in lower case is needed"],
    [{ id: id(0), status: "active" }, "diskFormat: is needed by an image that is active"],
    [{ id: id(0), locations: [{ id: "a", url: "u", position: 7 }] }, "locations[0].position: a location has id"],
    [{ id: id(0), tags: numbered(129) }, "tags: at most 128, got 129"],
  ])("%s as %s", async (line, reason) => {
    const { images } = memoryGateway();
    const { told, ...report } = await imported(images, ["", line, { id: id(1) }]);
    expect(report).toEqual({ ...NOTHING, imported: 1, bad: 1 });
    expect(told).toEqual([expect.stringContaining(`2 ${reason}`)]);
  });

  test("of an image that is deleted nothing but that", async () => {
    const { told } = await imported(memoryGateway().images, [{ id: id(0), status: "deleted" }]);
    expect(told).toEqual(["1 status: a new image is not deleted"]);
  });

  test("what is no line, no option and no repository, by its name", async () => {
    const { images } = memoryGateway();
    const options = { onLine: () => undefined, signal: new AbortController().signal };
    const clock = { now: () => 0 };
    const odd: readonly (readonly [unknown, unknown, unknown, string])[] = [
      [undefined, [], options, "ports"],
      [{ images }, [], options, "clock"],
      [{ clock }, [], options, "images"],
      [{ images, clock }, "text", options, "lines"],
      [{ images, clock }, ["{}"], options, "lines"],
      [{ images, clock }, [{ number: 1 }], options, "lines"],
      [{ images, clock }, [], undefined, "options"],
      [{ images, clock }, [], { signal: options.signal }, "onLine"],
      [{ images, clock }, [], { onLine: options.onLine }, "signal"],
    ];
    for (const [ports, lines, given, path] of odd) {
      const refused = importImages(ports as never, lines as never, given as never);
      await expect(refused).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path }] });
    }
  });

  test("what looks like a loss and is none", async () => {
    const { images } = memoryGateway();
    const metadata = `{"a":{"x":1},"b":{"x":1},"c":["\\"","x",1.50e1,-0.0],"d":9007199254740991}`;
    expect(await imported(images, [located(metadata)])).toMatchObject({ imported: 1, told: [] });
  });

  test("all lines in their order, whichever of them only the store refuses", async () => {
    const { images } = memoryGateway();
    const lines = [{ id: id(0), properties: { os_glance_x: "" } }, "{", { id: id(1), properties: { os_glance_x: "" } }];
    const { told } = await imported(images, lines);
    expect(told.map((one) => one.slice(0, 2))).toEqual(["1 ", "2 ", "3 "]);
  });

  test("a line that the server does not take, and goes on with the next one", async () => {
    const { images } = memoryGateway();
    const report = await imported(new Narrow(images), [{ id: id(0) }, { id: id(1), name: "large" }, { id: id(2) }]);
    expect(report).toEqual({ ...NOTHING, imported: 2, bad: 1, told: ["2 too large"] });
  });
});

test.each([
  ["200,000 tags", `"tags":[${'"t",'.repeat(200_000)}"t"]`, "tags: at most 128, got 200001"],
  ["6,000,000 tags", `"tags":[${'"t",'.repeat(6_000_000)}"t"]`, "more than 1000000 JSON tokens"],
  ["2,500,000 properties", `"properties":{${objectText(2_500_000)}}`, "more than 1000000 JSON tokens"],
  ["30,000,000 numbers in metadata", metadata(`{"a":[${"1,".repeat(30_000_000)}1]}`), "more than 1000000 JSON tokens"],
  [
    "490,000 numbers in metadata",
    metadata(`{"a":[${"1,".repeat(490_000)}1]}`),
    "at most 65535 bytes as JSON, got 980009",
  ],
  [
    "400,000 arrays within one another",
    `"name":${"[".repeat(400_000)}${"]".repeat(400_000)}`,
    "name: text, got an array",
  ],
  ["a number of 30,000,000 digits", `"minRam":1.${"0".repeat(30_000_000)}1`, "has more digits than JavaScript keeps"],
  ["200,000 properties", `"properties":{${objectText(200_000)}}`, "properties: at most 128, got 200000"],
  ["200,000 attributes", objectText(200_000), "and 5 more"],
])("a line of %s is refused before anything is made of it", { timeout: 15_000 }, async (_, members, reason) => {
  const { images } = memoryGateway();
  const { told } = await imported(images, [`{"id":"${id(0)}",${members}}`]);
  expect(told).toEqual([expect.stringContaining(reason)]);
  expect(told[0]!.length).toBeLessThan(2_000);
});

test("batches and pages are bounded by their text, too, and pieces are written one by one", async () => {
  const { images } = memoryGateway();
  const watched = new Watched(images);
  const url = "u".repeat(4_000);
  const lines = numbered(60).map((_, index) => ({
    id: id(index),
    properties: Object.fromEntries(numbered(8).map((name) => [name, "x".repeat(60_000)])),
    locations: [{ id: "one", url }],
  }));
  expect(await imported(watched, lines)).toMatchObject({ imported: 60 });
  expect(Math.max(...watched.added)).toBeLessThanOrEqual(10);
  const pieces: number[] = [];
  await exportImages(watched, (text) => Promise.resolve(void pieces.push(text.length)), {
    onImages: () => undefined,
    signal: new AbortController().signal,
  });
  expect(Math.max(...watched.listed)).toBeLessThanOrEqual(33);
  expect(Math.max(...pieces)).toBeLessThan(1_000_000);
  expect(pieces.length).toBeGreaterThanOrEqual(30);
});

test("an import and an export that are stopped between two batches go on where they were", async () => {
  const { images } = memoryGateway();
  const lines = numbered(250).map((_, index) => JSON.stringify({ id: id(index), tags: ["t"] }));
  const stop = new AbortController();
  const half = async function* (): AsyncGenerator<CatalogueLine> {
    for (const [index, text] of lines.entries()) {
      if (index === 150) stop.abort(new Error("enough"));
      yield Promise.resolve({ number: index + 1, content: { text } });
    }
  };
  const options = { onLine: () => undefined, signal: stop.signal };
  await expect(importImages({ images, clock: { now: () => 0 } }, half(), options)).rejects.toThrow("enough");
  expect(await imported(images, lines)).toMatchObject({ imported: 150, existing: 100, different: 0 });

  const whole = await exported(images);
  const again = new AbortController();
  let text = "";
  const write = (some: string): Promise<void> => Promise.resolve(void (text += some));
  const stopAfter = (count: number): void => (count > 10 ? again.abort(new Error("enough")) : undefined);
  const first = exportImages(images, write, { onImages: stopAfter, signal: again.signal });
  await expect(first).rejects.toThrow("enough");
  expect(text.length).toBeLessThan(whole.length);
  const { id: after } = JSON.parse(text.trimEnd().split("\n").at(-1)!) as { id: string };
  await exportImages(images, write, { after, onImages: stopAfter, signal: new AbortController().signal });
  expect(text).toBe(whole);
});

test("what is exported is imported as it was, names that objects inherit included", async () => {
  const [from, to] = [memoryGateway().images, memoryGateway().images];
  const image = newImage({
    diskFormat: "raw",
    containerFormat: "bare",
    properties: [
      ["__proto__", "p"],
      ["constructor", "c"],
    ],
    locations: [["one", newLocation("file:///1", { deep: [1, { a: null }] })]],
  });
  Object.assign(image, { status: "active", size: 2 ** 40 });
  await from.addAll([image, newImage({ name: "🎉\u2028\n" })]);
  const text = await exported(from);
  expect(await imported(to, text.trimEnd().split("\n"))).toMatchObject({ imported: 2 });
  expect(await exported(to)).toBe(text);
});

function metadata(text: string): string {
  return `"locations":[{"id":"a","url":"u","metadata":${text}}]`;
}

function located(metadata: string): string {
  return `{"id":"${id(0)}","locations":[{"id":"a","url":"u","metadata":${metadata}}]}`;
}

function objectText(members: number): string {
  return Array.from({ length: members }, (_, index) => `"k${index}":0`).join(",");
}

/** Takes no image that is called large. */
class Narrow extends ImageRepositoryProxy {
  override async add(image: Image): Promise<void> {
    return this.addAll([image]);
  }

  override async addAll(images: readonly Image[]): Promise<void> {
    if (images.some(({ name }) => name === "large")) throw new DistinctionError("STATEMENT_TOO_LARGE", "too large");
    return this.inner.addAll(images);
  }
}

/** Remembers how many images were added and listed at a time. */
class Watched extends ImageRepositoryProxy {
  readonly added: number[] = [];
  readonly listed: number[] = [];

  override async addAll(images: readonly Image[]): Promise<void> {
    this.added.push(images.length);
    return this.inner.addAll(images);
  }

  override async list(query: ImageQuery): ReturnType<ImageRepository["list"]> {
    const page = await this.inner.list(query);
    this.listed.push(page.records.length);
    return page;
  }
}

test("a purge goes on to the end, and needs nobody to be told", async () => {
  const pieces = [50, 50, 3];
  const upkeep = { purge: () => Promise.resolve(pieces.shift()!), count: () => Promise.resolve(0) };
  expect(await purgeImages(upkeep)).toBe(103);
});
