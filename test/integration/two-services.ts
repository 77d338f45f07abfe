import type { DataSource } from "typeorm";
import { afterAll, beforeAll } from "vitest";
import { HISTORY_MIGRATIONS } from "../../infrastructure/persistence/migrations/index.js";
import { distinct } from "../../src/composition/distinct.js";
import type { TestDatabase } from "../support/test-database.js";
import { Label, openDataSource, Photo } from "./entity-fixtures.js";

/** Data sources of two services on one database, while tests run. */
export class TwoServices {
  mine!: DataSource;
  theirs!: DataSource;

  constructor(place: () => TestDatabase) {
    beforeAll(async () => {
      this.mine = await openDataSource(place().url, { synchronize: true, migrations: [...HISTORY_MIGRATIONS] });
      await this.mine.runMigrations();
      this.theirs = await openDataSource(place().url);
    });
    afterAll(async () => {
      await this.mine.destroy();
      await this.theirs.destroy();
    });
  }

  /** The id of a new photo. */
  async stored(labels: string[] = []): Promise<string> {
    const photos = photosOf(this.mine);
    const photo = photos.create({ title: "before" });
    photo.labels = labels.map(labelled);
    await photos.add(photo);
    return photo.id;
  }
}

export const photosOf = (dataSource: DataSource) =>
  distinct(dataSource, Photo, { random: () => 0, policies: { views: "sum" } });

export function labelled(name: string): Label {
  return Object.assign(new Label(), { name });
}
