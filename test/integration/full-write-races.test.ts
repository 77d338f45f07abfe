import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageType } from "../../domain/image/image-type.js";
import { FullWriteRepository } from "../../infrastructure/persistence/comparison/full-write-repository.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { closeAll, newImage, onSqlBackends, sqlClients, type Clients } from "./backends.js";
import { FOO_GOO, inOrder, ORDERS, setFoo, setGoo } from "./two-writers.js";

describe("full writes, for comparison", () => {
  onSqlBackends((place) => {
    let clients: Clients;
    let full: readonly FullWriteRepository<typeof imageType>[];
    beforeAll(() => {
      clients = sqlClients(place().url);
      full = clients.databases.map((database) => new FullWriteRepository(imageType, database, imageTable));
    });
    afterAll(() => closeAll(clients.databases));

    test("store a whole record, and no more than it", async () => {
      const image = newImage({ ...FOO_GOO, name: "old", tags: ["t"] });
      await clients.a.add(image);
      const loaded = await full[0]!.get(image.id);
      loaded.name = "new";
      loaded.properties = new Map([["only", "1"]]);
      loaded.tags.clear();
      await full[0]!.save(loaded);
      const now = await clients.b.get(image.id);
      expect([now.name, [...now.properties], now.tags.size, clients.b.versionOf(now)]).toEqual([
        "new",
        [["only", "1"]],
        0,
        2,
      ]);
      await clients.b.remove(now);
      await expect(full[0]!.save(loaded)).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
      await expect(full[0]!.get(image.id)).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
    });

    test.each(ORDERS)("lose one of two updates of the same version, saving %s", async (order) => {
      const image = newImage(FOO_GOO);
      await clients.a.add(image);
      const [a, b] = [await full[0]!.get(image.id), await full[1]!.get(image.id)];
      setFoo("baz")(a);
      setGoo("yuck")(b);
      await inOrder(
        order,
        () => full[0]!.save(a),
        () => full[1]!.save(b),
      );
      const now = Object.fromEntries((await clients.a.get(image.id)).properties);
      const outcomes = { "A first": { foo: "bar", goo: "yuck" }, "B first": { foo: "baz", goo: "far" } };
      expect(order === "at once" ? Object.values(outcomes) : [outcomes[order]]).toContainEqual(now);
    });
  });
});
