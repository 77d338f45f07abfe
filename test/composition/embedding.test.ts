import "reflect-metadata";
import { Container, inject, injectable } from "inversify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  distinctionModule,
  ImageRepositoryProxy,
  openDistinction,
  TOKENS,
  type Image,
  type ImageFactory,
  type ImageRepository,
  type SaveResult,
} from "../../src/index.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";

/** A service with decorators. */
@injectable()
class CatalogService {
  constructor(
    @inject(TOKENS.ImageRepository) private readonly images: ImageRepository,
    @inject(TOKENS.ImageFactory) private readonly factory: ImageFactory,
  ) {}

  async register(name: string): Promise<string> {
    const image = this.factory.newImage({ name });
    await this.images.add(image);
    return image.id;
  }

  rename(id: string, name: string): Promise<SaveResult> {
    return this.images.update(id, (image) => void (image.name = name));
  }
}

/** A service without: the module wires it by typed tokens. */
class PlainCatalog {
  constructor(private readonly images: ImageRepository) {}

  describe(id: string): Promise<Image> {
    return this.images.get(id);
  }
}

describe.each([
  ["SQLite", createSqliteFile],
  ["a server", createServerDatabase],
] as const)("a service embeds the repositories on %s", (_, createDatabase) => {
  let place: TestDatabase;
  let container: Container;
  let module: ReturnType<typeof distinctionModule>;

  beforeEach(async () => {
    place = await createDatabase();
    container = new Container();
    module = distinctionModule({ database: place.url });
    container.load(module);
  });
  afterEach(async () => {
    await container.unloadAsync(module);
    await place.drop();
  });

  test("with decorators, and without", async () => {
    container.bind(CatalogService).toSelf();
    container.bind(PlainCatalog).toResolvedValue((images) => new PlainCatalog(images), [TOKENS.ImageRepository]);
    const catalog = container.get(CatalogService);
    const id = await catalog.register("before");
    expect(await catalog.rename(id, "after")).toMatchObject({ written: true, retries: 0 });
    expect(await container.get(PlainCatalog).describe(id)).toMatchObject({ id, name: "after", status: "queued" });
  });

  test("with a layer of their own around the innermost repository", async () => {
    const saved: string[] = [];
    class Notifier extends ImageRepositoryProxy {
      override async save(image: Image): Promise<SaveResult> {
        const result = await super.save(image);
        saved.push(image.id);
        return result;
      }
    }
    const images = new Notifier(container.get(TOKENS.ImageRepository));
    const image = container.get(TOKENS.ImageFactory).newImage();
    await images.add(image);
    image.name = "noticed";
    await images.save(image);
    expect(saved).toEqual([image.id]);
  });

  test("gives everybody the same repository, and closes the database when the module is unloaded", async () => {
    const images = container.get(TOKENS.ImageRepository);
    expect(container.get(TOKENS.ImageRepository)).toBe(images);
    const database = container.get(TOKENS.Database);
    await database.connect();
    await container.unloadAsync(module);
    await expect(images.find("x")).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    container.load(module);
  });
});

test("layers, quotas and policies of images come with the options of the module", async () => {
  const told: string[] = [];
  class Notifier extends ImageRepositoryProxy {
    override async add(image: Image): Promise<void> {
      await super.add(image);
      told.push(`added ${image.name}`);
    }
  }
  const place = await createSqliteFile();
  const layers = [{ images: (inner: ImageRepository) => new Notifier(inner) }];
  const container = new Container();
  const module = distinctionModule({
    database: place.url,
    images: { layers, quotas: { tags: 1 }, policies: { name: "mine" } },
  });
  container.load(module);
  const gateway = await container.getAsync(TOKENS.ImageGateway);
  const me = { owner: "me", isAdmin: false };
  for (const images of [await container.getAsync(TOKENS.ImageRepository), gateway.visibleTo(me)]) {
    const image = gateway.factory.newImage({ name: "old", owner: "me" });
    await images.add(image);
    const [first, second] = [await images.get(image.id), await images.get(image.id)];
    first.name = "first";
    second.name = "second";
    await images.save(first);
    await images.save(second);
    expect((await images.get(image.id)).name).toBe("second");
    second.tags = new Set(["a", "b"]);
    await expect(images.save(second)).rejects.toMatchObject({ faults: [{ path: "tags", reason: "at most 1, got 2" }] });
  }
  expect(told).toEqual(["added old", "added old"]);
  await container.unloadAsync(module);
  await place.drop();
});

test("a program without a container opens the same in one call", async () => {
  const place = await createSqliteFile();
  const { images, imageFactory, close } = openDistinction({ database: place.url });
  const image = imageFactory.newImage({ name: "one" });
  await images.add(image);
  expect((await images.get(image.id)).name).toBe("one");
  await close();
  await place.drop();
});

test("an invalid database URL is told when the database is resolved, without its password", () => {
  const container = new Container();
  container.load(distinctionModule({ database: "postgres://user:sesame@host/db" }));
  expect(() => container.get(TOKENS.Database)).toThrowError(
    expect.objectContaining({ code: "INVALID_DATABASE_URL", message: expect.not.stringContaining("sesame") }),
  );
});
