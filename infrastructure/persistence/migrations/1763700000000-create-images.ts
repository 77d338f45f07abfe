import type { MigrationInterface, QueryRunner } from "typeorm";
import { flavourOf, runAll } from "./flavour.js";

/** Images with their properties and tags. */
export class CreateImages1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const flavour = await flavourOf(runner);
    await runAll(runner, flavour.kind === "sqlite" ? SQLITE : server(flavour.collation));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runAll(runner, ["DROP TABLE image_tags", "DROP TABLE image_properties", "DROP TABLE images"]);
  }
}

function server(collation: string): string[] {
  const options = `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation}`;
  return [
    `CREATE TABLE images (
      id VARCHAR(36) NOT NULL,
      name VARCHAR(255) NULL,
      status VARCHAR(14) NOT NULL,
      visibility VARCHAR(9) NOT NULL,
      os_hidden TINYINT(1) NOT NULL,
      protected TINYINT(1) NOT NULL,
      min_disk BIGINT NOT NULL,
      min_ram BIGINT NOT NULL,
      owner VARCHAR(255) NULL,
      disk_format VARCHAR(20) NULL,
      container_format VARCHAR(20) NULL,
      size BIGINT NULL,
      virtual_size BIGINT NULL,
      checksum VARCHAR(32) NULL,
      os_hash_algo VARCHAR(64) NULL,
      os_hash_value VARCHAR(128) NULL,
      created_at DATETIME(3) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      version BIGINT NOT NULL,
      PRIMARY KEY (id)
    ) ${options}`,
    `CREATE TABLE image_properties (
      image_id VARCHAR(36) NOT NULL,
      name VARCHAR(255) NOT NULL,
      value MEDIUMTEXT NOT NULL,
      PRIMARY KEY (image_id, name),
      FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
    ) ${options}`,
    `CREATE TABLE image_tags (
      image_id VARCHAR(36) NOT NULL,
      value VARCHAR(255) NOT NULL,
      PRIMARY KEY (image_id, value),
      FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
    ) ${options}`,
  ];
}

const SQLITE = [
  `CREATE TABLE images (
    id TEXT NOT NULL,
    name TEXT NULL,
    status TEXT NOT NULL,
    visibility TEXT NOT NULL,
    os_hidden INTEGER NOT NULL,
    protected INTEGER NOT NULL,
    min_disk INTEGER NOT NULL,
    min_ram INTEGER NOT NULL,
    owner TEXT NULL,
    disk_format TEXT NULL,
    container_format TEXT NULL,
    size INTEGER NULL,
    virtual_size INTEGER NULL,
    checksum TEXT NULL,
    os_hash_algo TEXT NULL,
    os_hash_value TEXT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (id)
  ) STRICT`,
  `CREATE TABLE image_properties (
    image_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (image_id, name),
    FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
  ) STRICT`,
  `CREATE TABLE image_tags (
    image_id TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (image_id, value),
    FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
  ) STRICT`,
];
