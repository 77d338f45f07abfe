import type { ImageArm } from "./arms/images/image-arm.js";
import { PROPERTIES } from "./arms/images/rows.js";
import type { Tally } from "./contention.js";
import type { TableStore } from "./tables.js";

/**
 * Images of counters whose properties the clients of one arm raise, and nobody else. It knows what all of their properties
 * must hold: what they held before, and one more for every acknowledged raise. What they hold less or more was lost.
 */
export class ContendedImages {
  private constructor(
    private readonly tables: TableStore,
    private readonly ids: readonly string[],
    private readonly arm: Pick<ImageArm, "raise">,
    private readonly tally: Tally,
    /** By image and property. */
    private readonly expected: Map<string, number>,
  ) {}

  /** Reads the images past the arm, before its clients begin. */
  static async before(
    tables: TableStore,
    ids: readonly string[],
    arm: Pick<ImageArm, "raise">,
    tally: Tally,
  ): Promise<ContendedImages> {
    return new ContendedImages(tables, ids, arm, tally, await stored(tables, ids));
  }

  async raise(id: string, property: string): Promise<void> {
    const retries = await this.arm.raise(id, property);
    this.tally.retries += retries; // not before the await: others count meanwhile
    this.tally.updates++;
    const place = placeOf(id, property);
    this.expected.set(place, (this.expected.get(place) ?? 0) + 1);
  }

  /** Adds to the tally what was acknowledged and is not stored, once all clients are done. */
  async countLost(): Promise<void> {
    const found = await stored(this.tables, this.ids);
    for (const [place, expected] of this.expected) this.tally.lost += Math.abs(expected - (found.get(place) ?? 0));
  }
}

async function stored(tables: TableStore, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await tables.rowsAmong(PROPERTIES, "image_id", ids);
  return new Map(
    rows.map(({ image_id: id, name, value }) => {
      const count = Number(value);
      if (!Number.isInteger(count)) throw new Error(`${String(name)} of ${String(id)} is no counter any more`);
      return [placeOf(id as string, name as string), count];
    }),
  );
}

function placeOf(id: string, property: string): string {
  return `${id} ${property}`;
}
