import "reflect-metadata";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DataSource } from "typeorm";
import { ConflictError } from "../../domain/distinction/errors.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { Label, Membership, Note, openDataSource, Photo } from "./entity-fixtures.js";

const LABELS = 20;

/** BEGIN and COMMIT are not counted. A photo owns labels and notes: two collections. */
describe("statements sent for an entity with children", () => {
  onSqlBackends((place, backend) => {
    const sent: string[] = [];
    const onStatement = ({ kind, sql }: StatementEvent): void => void (kind === "statement" && sent.push(sql));
    let dataSource: DataSource;
    let photos: EntityRepository<Photo>;
    let others: EntityRepository<Photo>;
    let photo: Photo;
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { synchronize: true });
      photos = distinct(dataSource, Photo, { onStatement });
      others = distinct(dataSource, Photo);
    });
    afterAll(() => dataSource.destroy());
    beforeEach(async () => {
      const added = sample();
      await photos.add(added);
      photo = await photos.get(added.id);
    });

    const label = (name: string): Label => Object.assign(new Label(), { name });

    function sample(): Photo {
      const one = photos.create({ title: "sample" });
      one.labels = Array.from({ length: LABELS }, (_, index) => label(`l${index}`));
      one.notes = [Object.assign(new Note(), { body: "note" })];
      return one;
    }

    /** The kinds of the statements that `work` sent, in their order. */
    async function statements(work: () => Promise<unknown>): Promise<string[]> {
      sent.length = 0;
      await work();
      return sent.map((sql) => sql.slice(0, sql.indexOf(" ")));
    }

    test("get, find and reload: 1 + one per collection; of what is not there: 1", async () => {
      const load = ["SELECT", "SELECT", "SELECT"];
      expect(await statements(() => photos.get(photo.id))).toEqual(load);
      expect(await statements(() => photos.reload(photo))).toEqual(load);
      expect(await statements(() => photos.find("nobody"))).toEqual(["SELECT"]);
    });

    test("getMany and list, however many: 1 + one per collection", async () => {
      const more = Array.from({ length: 30 }, sample);
      expect(await statements(() => photos.addAll(more))).toEqual(["INSERT", "INSERT", "INSERT"]);
      const ids = more.map(({ id }) => id);
      expect(await statements(() => photos.getMany(ids))).toEqual(["SELECT", "SELECT", "SELECT"]);
      expect(await statements(() => photos.list({ limit: 30 }))).toEqual(["SELECT", "SELECT", "SELECT"]);
    });

    test("add: 1 + one per collection, and 1 without children", async () => {
      expect(await statements(() => photos.add(sample()))).toEqual(["INSERT", "INSERT", "INSERT"]);
      expect(await statements(() => photos.add(photos.create({ title: "bare" })))).toEqual(["INSERT"]);
    });

    test("save of nothing: 0", async () => {
      photo.title = "detour";
      photo.title = "sample";
      photo.labels = [...photo.labels].reverse();
      expect(await statements(() => photos.save(photo))).toEqual([]);
    });

    test("save of one property, of one in an embedded object, or of all: 1", async () => {
      photo.title = "new";
      expect(await statements(() => photos.save(photo))).toEqual(["UPDATE"]);
      photo.address.street = "Pier 1";
      expect(await statements(() => photos.save(photo))).toEqual(["UPDATE"]);
      Object.assign(photo, { caption: "c", views: 1, hidden: true, metadata: { a: 1 }, tags: ["t"], state: "public" });
      expect(await statements(() => photos.save(photo))).toEqual(["UPDATE"]);
    });

    test("save of one child: 1 on servers where it is changed, 2 where it is added or dropped", async () => {
      photo.labels[0]!.weight = 9;
      const changed = backend === "SQLite" ? ["UPDATE", expect.stringMatching(/INSERT|UPDATE/)] : ["UPDATE"];
      expect(await statements(() => photos.save(photo))).toEqual(changed);
      photo.labels.push(label("new"));
      expect(await statements(() => photos.save(photo))).toEqual(["UPDATE", "INSERT"]);
      photo.labels.pop();
      expect(await statements(() => photos.save(photo))).toEqual(["UPDATE", "DELETE"]);
    });

    test("save of any number of changes: 1 + three per collection: dropped, changed and added children", async () => {
      photo.title = "new";
      photo.labels.splice(0, 5);
      for (const one of photo.labels) one.weight++;
      photo.labels.push(...["a", "b", "c"].map(label));
      photo.notes = [Object.assign(new Note(), { body: "another" })];
      // An upsert of added children would overwrite a row whose key is the same to the server, and another one to us.
      const expected = ["UPDATE", "DELETE", "INSERT", "INSERT", "DELETE", "INSERT"];
      expect(await statements(() => photos.save(photo))).toEqual(expected);
    });

    test("remove: 1, and one for each kind of children that the database does not take along", async () => {
      expect(await statements(() => photos.remove(photo))).toEqual(["UPDATE", "DELETE", "DELETE"]);
      const members = distinct(dataSource, Membership, { onStatement });
      const member = members.create({ team: "t", person: 1 });
      await members.add(member);
      expect(await statements(() => members.remove(member))).toEqual(["DELETE"]);
    });

    test("on a stale version: + one load; on a conflict no more than that", async () => {
      await others.update(photo.id, (theirs) => void (theirs.caption = "theirs"));
      photo.title = "mine";
      const stale = ["UPDATE", "SELECT", "SELECT", "SELECT"];
      expect(await statements(() => photos.save(photo))).toEqual([...stale, "UPDATE"]);
      await others.update(photo.id, (theirs) => void (theirs.title = "theirs"));
      photo.title = "mine again";
      const refused = expect(photos.save(photo)).rejects.toBeInstanceOf(ConflictError);
      expect(await statements(() => refused)).toEqual(stale);
    });

    test("update: one load and one save", async () => {
      const raise = (one: Photo): void => void one.views++;
      expect(await statements(() => photos.update(photo.id, raise))).toEqual(["SELECT", "SELECT", "SELECT", "UPDATE"]);
    });
  });
});
