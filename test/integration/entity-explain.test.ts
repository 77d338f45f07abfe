import "reflect-metadata";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DataSource } from "typeorm";
import type { SaveOptions } from "../../domain/distinction/save/save-options.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { Label, openDataSource, Photo } from "./entity-fixtures.js";

const CASES: [name: string, change: (photo: Photo) => void, options?: SaveOptions][] = [
  ["one property", (photo) => void (photo.title = "new")],
  ["an embedded property", (photo) => void (photo.address.street = "Pier 1")],
  ["a JSON path", (photo) => void ((photo.metadata as { a: { b: number } }).a.b = 2)],
  ["a child", (photo) => void photo.labels[0]!.weight++],
  ["children", (photo) => void photo.labels.splice(0, 1, Object.assign(new Label(), { name: "new" }))],
  ["nothing", () => undefined],
  ["guards and nothing else", () => undefined, { expect: ["views", "labels"] }],
  ["what is forced", () => undefined, { force: ["title"] }],
];

describe("explain on an entity", () => {
  onSqlBackends((place) => {
    let sent: StatementEvent[] = [];
    let time = Date.UTC(2026, 0, 1);
    let dataSource: DataSource;
    let photos: EntityRepository<Photo>;
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { synchronize: true });
      photos = distinct(dataSource, Photo, {
        clock: { ...systemClock, now: () => time, sleep: () => Promise.resolve() },
        policies: { views: "sum" },
        secret: ["caption"],
        onStatement: (event) => void sent.push(event),
      });
    });
    afterAll(() => dataSource.destroy());

    async function loaded(): Promise<Photo> {
      const photo = photos.create({
        title: "old",
        caption: "SECRET",
        metadata: { a: { b: 1 }, text: "x".repeat(100) },
      });
      photo.labels = [Object.assign(new Label(), { name: "sea" })];
      await photos.add(photo);
      time += 1000; // so that the save has another time to set
      return photos.get(photo.id);
    }

    test.each(CASES)("shows the statements that a save of %s sends, and sends none", async (_, change, options) => {
      const photo = await loaded();
      change(photo);
      sent = [];
      const { statements, base } = await photos.explain(photo, options);
      expect(sent).toEqual([]);
      expect(base).toBe(photo.version);
      await photos.save(photo, options);
      const told = sent.map(({ kind, sql, parameters }) => ({ sql: kind === "begin" ? "BEGIN" : sql, parameters }));
      expect(statements).toEqual(told);
    });

    test("tells the policies, and shows no secret", async () => {
      const photo = await loaded();
      photo.views++;
      photo.caption = "another SECRET";
      photo.labels[0]!.weight = 5;
      const explanation = await photos.explain(photo);
      const policies = explanation.changes.map(({ path, policy }) => [path, policy]);
      expect(policies).toContainEqual(["views", "sum"]);
      expect(policies).toContainEqual(['labels["sea"]', "reject"]);
      expect(String(explanation)).not.toContain("SECRET");
      expect(JSON.stringify(explanation.statements)).not.toContain("SECRET");
      expect(String(explanation)).toContain("UPDATE");
    });
  });
});
