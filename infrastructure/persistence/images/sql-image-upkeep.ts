import type { ImageUpkeep } from "../../../domain/image/image-upkeep.js";
import type { DatabaseAccess } from "../connection/database.js";
import type { Statement } from "../connection/session.js";
import { purgeRemoved } from "../records/record-purge.js";
import { imageTable } from "./image-table.js";

export class SqlImageUpkeep implements ImageUpkeep {
  constructor(private readonly database: DatabaseAccess) {}

  async count(): Promise<number> {
    await this.database.layout(imageTable); // checks the table
    const [row] = await this.database.session((session) => session.rows(COUNT));
    return Number(row![0]);
  }

  purge(most: number): Promise<number> {
    return purgeRemoved(this.database, imageTable, most);
  }
}

/**
 * All rows, by the smallest index, less those of removed images, by the index on the status. `WHERE deleted_at IS NULL`
 * would read every row.
 */
const COUNT: Statement = {
  sql: "SELECT (SELECT COUNT(*) FROM images) - (SELECT COUNT(*) FROM images WHERE status = 'deleted')",
  parameters: [],
};
