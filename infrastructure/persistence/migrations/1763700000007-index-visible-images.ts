import type { MigrationInterface, QueryRunner } from "typeorm";
import { flavourOf, runAll } from "./flavour.js";

/** Indexes for the lists of callers: an owner's images and those of one visibility, hidden or not, by time and by name. */
export class IndexVisibleImages1763700000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = Object.entries(INDEXES).map(([name, columns]) => `CREATE INDEX ${name} ON images (${columns})`);
    await runAll(runner, statements);
  }

  async down(runner: QueryRunner): Promise<void> {
    const ofTable = (await flavourOf(runner)).kind === "sqlite" ? "" : " ON images";
    await runAll(
      runner,
      Object.keys(INDEXES).map((name) => `DROP INDEX ${name}${ofTable}`),
    );
  }
}

const INDEXES = {
  images_owned: "owner, os_hidden, created_at, id",
  images_owned_name: "owner, os_hidden, name, created_at, id",
  images_visible: "visibility, os_hidden, created_at, id",
  images_visible_name: "visibility, os_hidden, name, created_at, id",
};
