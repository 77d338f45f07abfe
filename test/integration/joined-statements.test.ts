import "reflect-metadata";
import type { EntityManager, EntitySubscriberInterface } from "typeorm";
import { afterEach, expect, test } from "vitest";
import { joinTransaction } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import { Label, Photo } from "./entity-fixtures.js";
import { labelled, photosOf, TwoServices } from "./two-services.js";

onSqlBackends((place, backend) => {
  const services = new TwoServices(place);
  afterEach(() => void services.mine.subscribers.splice(0));

  const HOOKS = ["beforeQuery", "afterQuery"] as const;

  test.each(HOOKS)(
    "a %s subscriber that saves through the join is refused, for it would wait for itself",
    async (hook) => {
      const photos = photosOf(services.mine);
      const id = await services.stored();
      const answers: unknown[] = [];
      const audit = async ({ query, manager }: { query: string; manager: EntityManager }): Promise<void> => {
        if (!/^UPDATE/.test(query)) return;
        const update = joinTransaction(manager)
          .repository(photos)
          .update(id, (photo) => void (photo.views += 1));
        answers.push(await update.catch((error: unknown) => (error as { code?: unknown }).code));
      };
      services.mine.subscribers.push({ [hook]: audit } as EntitySubscriberInterface);
      await services.mine.transaction(async (manager) => {
        const inside = joinTransaction(manager).repository(photos);
        await inside.get(id);
        await manager.query(`UPDATE photo SET caption = 'owner' WHERE id = '${id}'`);
        await inside.update(id, (photo) => void (photo.title = "after"));
      });
      expect(answers).toEqual(["UNIT_MISUSED"]);
      expect(await photos.get(id)).toMatchObject({ caption: "owner", title: "after", views: 0 });
    },
  );

  test("one that saves before the COMMIT is not, nor one that sends statements within others", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    services.mine.subscribers.push({
      afterQuery: async ({ query, manager }) => {
        if (/'within'/.test(query)) return;
        const within = `INSERT INTO label (photoId, name) VALUES ('${id}', 'within')`;
        if (/^(DO|UPDATE)/.test(query) && !(await manager.existsBy(Label, { photoId: id })))
          await manager.query(within);
      },
      beforeTransactionCommit: async ({ manager }) => {
        const inside = joinTransaction(manager).repository(photos);
        await inside.update(id, (photo) => void (photo.views += 1));
      },
    });
    await services.mine.transaction(async (manager) => {
      await joinTransaction(manager).repository(photos).get(id);
      const first = backend === "server" ? "DO 1" : `UPDATE photo SET caption = 'owner' WHERE id = '${id}'`;
      await Promise.all([manager.query(first), manager.query("SELECT 1")]);
    });
    services.mine.subscribers.splice(0);
    expect(await photos.get(id)).toMatchObject({ views: 1, labels: [{ name: "within" }] });
  });

  test("a savepoint of the owner's is left alone, whatever a reader would guess ours to be called", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      for (const name of ["distinction", "distinction_mark"]) {
        await manager.query(`SAVEPOINT ${name}`);
        await inside.update(id, (photo) => void photo.labels.push(labelled(name)));
        if (backend === "server") await manager.query("SET @a = 1");
        await manager.query(`ROLLBACK TO SAVEPOINT ${name}`);
      }
    });
    expect(await photos.get(id)).toMatchObject({ version: 1, labels: [] });
  });

  if (backend === "SQLite") return;

  const STATEMENTS = ["SET @a = 1", "DO SLEEP(0.02)", "CALL takes_a_while()"];

  test.each(STATEMENTS)("a part that fails beside %j is undone, and nothing else is", async (sql) => {
    await services.mine.query("CREATE PROCEDURE IF NOT EXISTS takes_a_while() DO SLEEP(0.02)").catch(() => undefined);
    const photos = photosOf(services.mine);
    const [id, other] = [await services.stored(), await services.stored()];
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      await inside.get(id);
      await manager.update(Photo, { id }, { caption: "outer" });
      const part = manager.transaction(async (nested) => {
        await nested.update(Photo, { id }, { title: "undone" });
        throw new Error("an optional part");
      });
      const [, refused, saved] = await Promise.allSettled([
        manager.query(sql),
        part,
        inside.update(other, (photo) => void (photo.title = "saved")),
        manager.query(sql),
      ]);
      expect([refused, saved]).toMatchObject([{ reason: new Error("an optional part") }, { status: "fulfilled" }]);
      expect((await photosOf(services.theirs).get(id)).caption).toBeNull();
    });
    expect(await photos.get(id)).toMatchObject({ title: "before", caption: "outer" });
    expect(await photos.get(other)).toMatchObject({ title: "saved" });
  });

  test("statements that the owner does not await are sent in the order in which they were given", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      await joinTransaction(manager).repository(photos).get(id);
      const answers = await Promise.all([
        manager.query("SET @step = 1"),
        manager.query("SELECT @step AS step"),
        manager.query("SELECT @step AS step"),
        manager.query("SET @step = 2"),
        manager.query("SELECT @step AS step"),
      ]);
      const steps = answers.map((rows: unknown) => (Array.isArray(rows) ? Number((rows[0] as { step: unknown }).step) : 0)); // prettier-ignore
      expect(steps).toEqual([0, 1, 1, 0, 2]);
    });
  });
});
