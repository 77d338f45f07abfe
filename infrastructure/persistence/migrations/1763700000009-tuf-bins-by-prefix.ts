import type { MigrationInterface, QueryRunner } from "typeorm";
import { flavourOf, runAll } from "./flavour.js";

/** Whether metadata of a repository lists its hash bins with hash prefixes instead of naming them as succinct roles. */
export class TufBinsByPrefix1763700000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const type = (await flavourOf(runner)).kind === "sqlite" ? "INTEGER" : "TINYINT(1)";
    await runAll(runner, [`ALTER TABLE tuf_repository ADD COLUMN bins_by_prefix ${type} NOT NULL DEFAULT 0`]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runAll(runner, ["ALTER TABLE tuf_repository DROP COLUMN bins_by_prefix"]);
  }
}
