import type { MigrationInterface, QueryRunner } from "typeorm";
import { flavourOf, runAll } from "./flavour.js";

/** A removal marks the image's row; a purge moves marked rows to `deleted_images`. */
export class MarkRemovedImages1763700000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const type = (await flavourOf(runner)).kind === "sqlite" ? "TEXT" : "DATETIME(3)";
    await runAll(runner, [`ALTER TABLE images ADD COLUMN deleted_at ${type} NULL`]);
  }

  /** What is marked is moved first, as a purge does. */
  async down(runner: QueryRunner): Promise<void> {
    await runAll(runner, [
      `INSERT INTO deleted_images (${COLUMNS}) SELECT ${COLUMNS} FROM images WHERE deleted_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM deleted_images d WHERE d.id = images.id AND d.version = images.version)`,
      "DELETE FROM images WHERE deleted_at IS NOT NULL",
      "ALTER TABLE images DROP COLUMN deleted_at",
    ]);
  }
}

const COLUMNS = `id, name, status, visibility, os_hidden, protected, min_disk, min_ram, owner, disk_format, container_format,
  size, virtual_size, checksum, os_hash_algo, os_hash_value, created_at, updated_at, version, deleted_at`;
