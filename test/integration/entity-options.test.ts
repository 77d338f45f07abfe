import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Clock } from "../../domain/distinction/clock.js";
import type { RepositoryObserver } from "../../domain/distinction/observer.js";
import { distinct, type DistinctOptions } from "../../src/composition/distinct.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Label {
  name: string;
  weight?: number;
  token?: string | null;
}

interface Thing {
  id: string;
  title: string;
  version: number;
  labels: Label[];
}

const id = { type: String, primary: true, length: 36 } as const;
const thingSchema = new EntitySchema<Thing>({
  name: "Thing",
  columns: { id, title: { type: String, length: 20, default: "" }, version: { type: Number, version: true } },
  relations: { labels: { type: "one-to-many", target: "Label", inverseSide: "thing", cascade: true } },
});
const labelSchema = new EntitySchema<Label & { thingId: string; thing: Thing }>({
  name: "Label",
  columns: {
    thingId: id,
    name: { type: String, primary: true, length: 40 },
    weight: { type: "int", default: 1 },
    token: { type: String, length: 40, nullable: true },
  },
  relations: {
    thing: {
      type: "many-to-one",
      target: "Thing",
      inverseSide: "labels",
      joinColumn: { name: "thingId" },
      onDelete: "CASCADE",
    },
  },
});

onSqlBackends((place) => {
  let dataSource: DataSource;
  beforeAll(async () => {
    const entities = [thingSchema, labelSchema];
    dataSource = await openDataSource(place().url, { entities, synchronize: true });
  });
  afterAll(() => dataSource.destroy());

  const thingsOf = (options: DistinctOptions<Thing> = {}) => distinct<Thing>(dataSource, thingSchema, options);

  test("a part of an entity's children cannot be asked for: the others would look removed", async () => {
    const things = thingsOf();
    const scope = { labels: ["one"] } as never;
    const refused = { code: "INVALID_VALUE", faults: [{ path: "scope.labels" }] };
    await expect(things.get("any", scope)).rejects.toMatchObject(refused);
    await expect(things.getMany(["any"], scope)).rejects.toMatchObject(refused);
    await expect(things.update("any", () => undefined, { scope })).rejects.toMatchObject(refused);
    await expect(things.list({ scope })).rejects.toMatchObject(refused);
  });

  test("who holds a record that was removed and added again neither overwrites nor removes it", async () => {
    const [mine, theirs] = [thingsOf(), thingsOf()];
    await mine.add(mine.create({ id: "again", title: "old" }));
    const [saved, removed] = [await mine.get("again"), await mine.get("again")];
    await theirs.remove(await theirs.get("again"));
    await theirs.add(theirs.create({ id: "again", title: "fresh" }));
    saved.title = "stale";
    await expect(mine.save(saved)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(mine.remove(removed)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await theirs.get("again")).toMatchObject({ title: "fresh" });
  });

  test("the highest first version fits the column, and TypeORM goes on from it", async () => {
    const things = thingsOf({ random: () => 1 - Number.EPSILON });
    await things.add(things.create({ id: "high" }));
    const typeorm = dataSource.getRepository(thingSchema);
    await typeorm.save({ ...(await typeorm.findOneByOrFail({ id: "high" })), title: "theirs" });
    expect(await things.get("high")).toMatchObject({ title: "theirs", version: 2 ** 30 + 1 });
  });

  test("a child may leave out what is nullable or has a default", async () => {
    const things = thingsOf();
    await things.add(things.create({ id: "lacking", labels: [{ name: "a" }] }));
    expect((await things.get("lacking")).labels).toMatchObject([{ name: "a", weight: 1, token: null }]);
  });

  test("a name that a plain object's entity does not have is refused, in children too", async () => {
    const things = thingsOf();
    expect(() => things.create({ id: "odd", titel: "x" } as unknown as Thing)).toThrow(
      expect.objectContaining({
        code: "INVALID_VALUE",
        faults: [{ path: "titel", reason: expect.any(String) as string }],
      }) as Error,
    );
    await things.add(things.create({ id: "odd", labels: [{ name: "a" }] }));
    const thing = await things.get("odd");
    for (const label of [
      { name: "b", wieght: 2 },
      { ...thing.labels[0]!, wieght: 2 },
    ]) {
      thing.labels = [label];
      await expect(things.save(thing)).rejects.toMatchObject({
        code: "INVALID_VALUE",
        message: expect.stringContaining("wieght") as string,
      });
    }
  });

  test("secret columns of children are shown in no conflict", async () => {
    const things = thingsOf({ secret: ["labels.token"] });
    await things.add(things.create({ id: "secret", labels: [{ name: "a", token: "TOP" }] }));
    const [mine, theirs] = [await things.get("secret"), await things.get("secret")];
    mine.labels[0]!.token = "TOP1";
    theirs.labels[0]!.token = "TOP2";
    await things.save(theirs);
    const conflict: unknown = await things.save(mine).catch((error: unknown) => error);
    expect(conflict).toMatchObject({ code: "CONFLICT", overlaps: [{ mine: "[secret]" }] });
    expect(JSON.stringify(conflict)).not.toContain("TOP");
  });

  test.each<[string, object]>([
    ["an unknown secret", { secret: ["titel"] }],
    ["an unknown secret of a child", { secret: ["labels.tokn"] }],
    ["a secret that is no column", { secret: ["labels"] }],
    ["an unknown property to ignore", { ignore: ["titel"] }],
    ["the version to ignore", { ignore: ["version"] }],
    ["an unknown option", { secrets: ["title"] }],
  ])("refused: %s", (_, options) => {
    expect(() => thingsOf(options)).toThrow(
      expect.objectContaining({
        code: "INVALID_RECORD_TYPE",
        message: expect.stringMatching(/titel|labels|version|secrets/) as string,
      }) as Error,
    );
  });

  test.each(["now", "sleep", "alarm"])("a clock without %s is refused, and the method named", (name) => {
    const clock = { now: () => 0, sleep: () => Promise.resolve(), alarm: () => () => undefined, [name]: undefined };
    const reason = `clock: a clock, got Object without ${name}`;
    expect(() => thingsOf({ clock: clock as unknown as Clock })).toThrow(
      expect.objectContaining({
        code: "INVALID_RECORD_TYPE",
        message: expect.stringContaining(reason) as string,
      }) as Error,
    );
    expect(() => unitOfWork(dataSource, { clock: clock as unknown as Clock })).toThrow(
      expect.objectContaining({ code: "INVALID_VALUE", message: expect.stringContaining(reason) as string }) as Error,
    );
  });

  test("nobody asks who writes where no history is kept", async () => {
    let asked = 0;
    const things = thingsOf({ actor: () => `${asked++}` });
    await things.add(things.create({ id: "unasked" }));
    expect(asked).toBe(0);
  });

  test("an observer is told of saves", async () => {
    const told: object[] = [];
    const observer: RepositoryObserver = { saved: (event) => void told.push(event) };
    const things = thingsOf({ observer });
    const thing = things.create({ id: "seen" });
    await things.add(thing);
    thing.title = "new";
    await things.save(thing);
    expect(told).toMatchObject([{ record: "Thing", id: "seen", changes: 1 }]);
  });
});
