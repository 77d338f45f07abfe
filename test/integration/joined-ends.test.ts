import "reflect-metadata";
import type { EntityManager, QueryRunner } from "typeorm";
import { expect, test, vi } from "vitest";
import { joinTransaction } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import type { Photo } from "./entity-fixtures.js";
import { labelled, photosOf, TwoServices } from "./two-services.js";

type Photos = ReturnType<typeof photosOf>;

const [ENDED, LOST] = ["TRANSACTION_ENDED", "TRANSACTION_LOST"];
const UNDO = new Error("undo");

onSqlBackends((place, backend) => {
  const services = new TwoServices(place);

  /** Writes in a transaction, lets `end` end it, and goes on: nothing of that may be stored, whatever its owner does. */
  async function goesOn(end: (manager: EntityManager, id: string, inside: Photos) => Promise<unknown>, code?: string) {
    const photos = photosOf(services.mine);
    const [id, other] = [await services.stored(), await services.stored(["a"])];
    const outcomes: unknown[] = [];
    const run = services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const [one, two] = [await inside.get(id), await inside.get(other)];
      one.views = 1;
      await inside.save(one);
      await end(manager, id, inside);
      one.title = two.title = "late";
      two.labels.push(labelled("late"));
      const works: (() => Promise<unknown>)[] = [
        () => inside.save(one),
        () => inside.save(two), // at a savepoint
        () => inside.update(other, (photo) => void (photo.title = "late")),
        () => inside.add(inside.create({ title: "late" })),
        () => inside.remove(two),
        () => inside.get(id),
      ];
      for (const work of works) outcomes.push(await work().then(() => "ok", codeOf));
      throw UNDO;
    });
    // SQLite refuses to undo what is undone, so that TypeORM throws that.
    await expect(run).rejects.toThrow(backend === "SQLite" ? /undo|no transaction is active/ : /undo/);
    await endTypeOrmsTransaction();
    if (code !== undefined) expect(new Set(outcomes)).toEqual(new Set([code]));
    const late = await photos.list({ where: { title: { eq: "late" } } });
    expect(late.records).toEqual([]);
    expect(await photos.get(other)).toMatchObject({ title: "before", version: 1, labels: [{ name: "a" }] });
    return { outcomes, one: await photos.get(id) };
  }

  /** TypeORM has one query runner for a file, and takes its transaction for open where ROLLBACK failed. */
  async function endTypeOrmsTransaction(): Promise<void> {
    if (backend === "server") return;
    const runner = services.mine.createQueryRunner();
    if (!runner.isTransactionActive) return;
    await runner.query("BEGIN");
    await runner.rollbackTransaction();
  }

  test.each(["ROLLBACK", "/* done */ ROLLBACK", "-- done\nROLLBACK"])(
    "nothing is stored through the join after %j by query, nor by who joins then",
    async (sql) => {
      const { one } = await goesOn(async (manager) => {
        await manager.query(sql);
        const anew = Promise.resolve().then(() =>
          joinTransaction(manager)
            .repository(photosOf(services.mine))
            .add(photosOf(services.mine).create({ title: "late" })),
        );
        await expect(anew).rejects.toMatchObject({ code: ENDED });
      }, ENDED);
      expect(one).toMatchObject({ views: 0, version: 1 });
    },
  );

  test.each(["COMMIT", "/* done */ COMMIT"])("nothing is stored through the join after %j by query", async (sql) => {
    const { one } = await goesOn((manager) => manager.query(sql), ENDED);
    expect(one).toMatchObject({ views: 1, version: 2 });
  });

  test("an error of the owner's that undid its statement alone leaves the join as it was", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      photo.views = 1;
      await inside.save(photo);
      const twice = manager.query(`INSERT INTO photo (id, title, version) VALUES ('${id}', 'twice', 1)`);
      await expect(twice).rejects.toThrow();
      await expect(manager.query("SELECT nothing FROM nowhere")).rejects.toThrow();
      photo.title = "after";
      await inside.save(photo);
    });
    expect(await photos.get(id)).toMatchObject({ title: "after", views: 1, version: 3 });
  });

  test("honest statements of the owner's cost no questions", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await photos.get(id); // the server is known
    const told = vi.spyOn(services.mine.logger, "logQuery");
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      const photo = await inside.get(id);
      await manager.query(`UPDATE photo SET caption = 'c' WHERE id = '${id}'`);
      await manager.transaction(async (nested) => void (await nested.query("SELECT 1")));
      photo.title = "after";
      await inside.save(photo);
    });
    const sent = told.mock.calls.map(([sql]) => /^\w+( 0)?/.exec(sql)?.[0]).filter((word) => word !== "SELECT");
    told.mockRestore();
    const [begin, ...rest] = sent;
    expect(begin).toMatch(/BEGIN|START/);
    // One question when the transaction is joined, which a file answers without one.
    const asked = backend === "server" ? ["DO 0"] : [];
    expect(rest).toEqual([...asked, "UPDATE", "SAVEPOINT", "RELEASE", "UPDATE", "COMMIT"]);
  });

  if (backend === "SQLite") {
    test("a statement of the owner's that failed and rolled back loses the transaction", async () => {
      const { one } = await goesOn(async (manager, id) => {
        const twice = manager.query(`INSERT OR ROLLBACK INTO photo (id, title, version) VALUES ('${id}', 'twice', 1)`);
        await expect(twice).rejects.toThrow();
      }, LOST);
      expect(one).toMatchObject({ views: 0, version: 1 });
    });

    test("a statement of ours that failed and rolled back loses the transaction", async () => {
      await services.mine.query(
        `CREATE TRIGGER refuse BEFORE INSERT ON label WHEN NEW.name = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'refused'); END`,
      );
      await goesOn(async (_manager, _id, inside) => {
        const photo = inside.create({ title: "late" });
        photo.labels = [labelled("bad")];
        await expect(inside.add(photo)).rejects.toMatchObject({ code: LOST });
      });
      await services.mine.query("DROP TRIGGER refuse");
    });
    return;
  }

  /** Makes the owner's statement the victim of a deadlock, which costs the other side less than it does who wrote more. */
  async function deadlock(id: string, statement: (id: string) => Promise<unknown>): Promise<void> {
    const held = await services.stored();
    const theirs = services.theirs.createQueryRunner();
    await theirs.startTransaction();
    for (let row = 0; row < 20; row++) {
      await theirs.query(`INSERT INTO photo (id, title, version) VALUES ('${held.slice(0, 30)}-${row}', 'heavy', 1)`);
    }
    await theirs.query(`UPDATE photo SET caption = 'theirs' WHERE id = '${held}'`);
    const blocked = theirs.query(`UPDATE photo SET caption = 'theirs' WHERE id = '${id}'`);
    await expect(statement(held)).rejects.toMatchObject({ driverError: { errno: 1213 } });
    await blocked;
    await theirs.rollbackTransaction();
    await theirs.release();
  }

  test("a deadlock in a statement of the owner's loses the transaction, and others are not overwritten", async () => {
    const photos = photosOf(services.theirs);
    const { one } = await goesOn(async (manager, id) => {
      await deadlock(id, (held) => manager.query(`UPDATE photo SET caption = 'mine' WHERE id = '${held}'`));
      await photos.update(id, (photo) => void (photo.title = "theirs"));
    }, LOST);
    expect(one).toMatchObject({ title: "theirs", views: 0, version: 2 });
  });

  test("so does one in a nested transaction that the owner gives up", async () => {
    await goesOn(async (manager, id) => {
      await deadlock(id, (held) =>
        manager.transaction((nested) => nested.query(`UPDATE photo SET caption = 'mine' WHERE id = '${held}'`)),
      );
    }, LOST);
  });

  test("so does one where nothing is committed by itself, and the owner goes on", async () => {
    await goesOn(async (manager, id, inside) => {
      await manager.query("SET autocommit = 0");
      await deadlock(id, (held) => manager.query(`UPDATE photo SET caption = 'mine' WHERE id = '${held}'`));
      await manager.query("UPDATE photo SET caption = 'mine' WHERE id = 'none'"); // begins another one
      await expect(inside.get(id)).rejects.toMatchObject({ code: LOST });
      await manager.query("SET autocommit = 1");
    }, LOST);
  });

  test("so does a row that changed since the snapshot, on MariaDB", async ({ skip }) => {
    const [{ version }] = await services.mine.query<[{ version: string }]>("SELECT VERSION() AS version");
    if (!/mariadb/i.test(version)) return skip("MySQL has no such error");
    const mode = (value: string) => (manager: EntityManager | QueryRunner) =>
      manager.query(`SET SESSION innodb_snapshot_isolation = ${value}`);
    const id = await services.stored();
    await goesOn(async (manager) => {
      await mode("ON")(manager);
      await photosOf(services.theirs).update(id, (photo) => void (photo.views = 7));
      const failing = manager.query(`UPDATE photo SET caption = 'mine' WHERE id = '${id}'`);
      await expect(failing).rejects.toMatchObject({ driverError: { errno: 1020 } });
      await mode("OFF")(manager);
    }, LOST);
  });

  test("a lock that the owner did not wait for leaves the join as it was", async () => {
    const photos = photosOf(services.mine);
    const [id, held] = [await services.stored(), await services.stored()];
    const theirs = services.theirs.createQueryRunner();
    await theirs.startTransaction();
    await theirs.query(`UPDATE photo SET caption = 'theirs' WHERE id = '${held}'`);
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      await inside.update(id, (photo) => void (photo.views = 1));
      const failing = manager.query(`SELECT id FROM photo WHERE id = '${held}' FOR UPDATE NOWAIT`);
      await expect(failing).rejects.toThrow();
      await inside.update(id, (photo) => void (photo.title = "after"));
    });
    await theirs.rollbackTransaction();
    await theirs.release();
    expect(await photos.get(id)).toMatchObject({ title: "after", views: 1, version: 3 });
  });

  const COMMITS = [
    "CREATE TABLE IF NOT EXISTS implied (id INT)",
    "START TRANSACTION",
    "BEGIN",
    "COMMIT AND CHAIN",
    "/*! COMMIT AND CHAIN */",
    "CALL commits_and_begins()",
  ];

  test.each(COMMITS)("nothing is stored through the join after %j, which commits what was before", async (sql) => {
    await procedure("commits_and_begins", "BEGIN COMMIT; START TRANSACTION; END");
    const { one } = await goesOn((manager) => manager.query(sql), ENDED);
    expect(one).toMatchObject({ views: 1, version: 2 });
  });

  test("a transaction that the owner began by query can be joined anew", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    const run = services.mine.transaction(async (manager) => {
      const join = (): Photos => joinTransaction(manager).repository(photos);
      await join().update(id, (photo: Photo) => void (photo.views = 1));
      await manager.query("START TRANSACTION");
      await join().update(id, (photo: Photo) => void (photo.title = "undone"));
      throw UNDO;
    });
    await expect(run).rejects.toBe(UNDO);
    expect(await photos.get(id)).toMatchObject({ title: "before", views: 1, version: 2 });
  });

  test("what the owner ended before anybody joined is refused at the first use", async () => {
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      await manager.query("CREATE TABLE IF NOT EXISTS implied (id INT)");
      const update = joinTransaction(manager)
        .repository(photos)
        .update(id, (photo) => void (photo.title = "late"));
      await expect(update).rejects.toMatchObject({ code: ENDED });
    });
    expect(await photos.get(id)).toMatchObject({ title: "before", version: 1 });
  });

  test("calls and settings of the owner's, side by side, leave the join as it was", async () => {
    await procedure("does_nothing", "SELECT 1");
    const photos = photosOf(services.mine);
    const id = await services.stored();
    await services.mine.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      await inside.update(id, (photo) => void (photo.views = 1));
      await Promise.all([
        manager.query("CALL does_nothing()"),
        manager.query("SET @a = 1"),
        manager.query("CALL does_nothing()"),
      ]);
      await expect(manager.query("CALL nothing()")).rejects.toThrow();
      await inside.update(id, (photo) => void (photo.title = "after"));
    });
    expect(await photos.get(id)).toMatchObject({ title: "after", views: 1, version: 3 });
  });

  async function procedure(name: string, body: string): Promise<void> {
    await services.mine.query(`DROP PROCEDURE IF EXISTS ${name}`);
    await services.mine.query(`CREATE PROCEDURE ${name}() ${body}`);
  }
});

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
