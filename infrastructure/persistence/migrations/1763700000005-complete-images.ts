import type { MigrationInterface, QueryRunner } from "typeorm";
import { flavourOf, runAll } from "./flavour.js";

/** Indexes for lists of images; locations, members, and the rows of deleted images. */
export class CompleteImages1763700000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const flavour = await flavourOf(runner);
    await runAll(runner, flavour.kind === "sqlite" ? SQLITE : server(flavour.collation));
    await runAll(runner, INDEXES);
  }

  async down(runner: QueryRunner): Promise<void> {
    const flavour = await flavourOf(runner);
    const ofTable = flavour.kind === "sqlite" ? "" : " ON images";
    await runAll(runner, ["DROP TABLE deleted_images", "DROP TABLE image_members", "DROP TABLE image_locations"]);
    await runAll(
      runner,
      Object.keys(LISTED).map((name) => `DROP INDEX images_${name}${ofTable}`),
    );
  }
}

/** What lists are ordered and filtered by, with what follows it in its index. */
const LISTED = {
  created_at: "created_at, id",
  updated_at: "updated_at, created_at, id",
  name: "name, created_at, id",
  status: "status, created_at, id",
  visibility: "visibility, created_at, id",
  owner: "owner, created_at, id",
  size: "size, created_at, id",
  disk_format: "disk_format, created_at, id",
  container_format: "container_format, created_at, id",
};

const INDEXES = [
  ...Object.entries(LISTED).map(([name, columns]) => `CREATE INDEX images_${name} ON images (${columns})`),
  "CREATE INDEX image_locations_position ON image_locations (image_id, position)",
  "CREATE INDEX image_members_member ON image_members (member_id, status, image_id)",
];

function server(collation: string): string[] {
  const options = `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation}`;
  return [
    `CREATE TABLE image_locations (
      image_id VARCHAR(36) NOT NULL,
      id VARCHAR(36) NOT NULL,
      url MEDIUMTEXT NOT NULL,
      metadata JSON NOT NULL,
      status VARCHAR(14) NOT NULL,
      position BIGINT NOT NULL,
      PRIMARY KEY (image_id, id),
      FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
    ) ${options}`,
    `CREATE TABLE image_members (
      image_id VARCHAR(36) NOT NULL,
      member_id VARCHAR(255) NOT NULL,
      status VARCHAR(8) NOT NULL,
      created_at DATETIME(3) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      version BIGINT NOT NULL,
      PRIMARY KEY (image_id, member_id),
      FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
    ) ${options}`,
    `CREATE TABLE deleted_images (
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
      deleted_at DATETIME(3) NOT NULL,
      PRIMARY KEY (id, version)
    ) ${options}`,
  ];
}

const SQLITE = [
  `CREATE TABLE image_locations (
    image_id TEXT NOT NULL,
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    metadata TEXT NOT NULL,
    status TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (image_id, id),
    FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
  ) STRICT`,
  `CREATE TABLE image_members (
    image_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (image_id, member_id),
    FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
  ) STRICT`,
  `CREATE TABLE deleted_images (
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
    deleted_at TEXT NOT NULL,
    PRIMARY KEY (id, version)
  ) STRICT`,
];
