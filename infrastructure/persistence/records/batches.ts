/** Most placeholders in one statement: SQLite takes 32,766, the servers 65,535. */
const MOST_PARAMETERS = 30_000;

/** Most text in one statement, in characters: servers refuse packets above `max_allowed_packet` (16 MiB by default). */
const MOST_TEXT = 2_000_000;

/**
 * Divides the rows of a multi-row statement so that each part is within the limits of every database.
 *
 * @param parameters placeholders per item
 * @param text how much text an item takes, in characters or bytes
 */
export function* batches<T>(
  items: Iterable<T>,
  parameters: number,
  text: (item: T) => number,
): Generator<readonly T[]> {
  let batch: T[] = [];
  let size = 0;
  for (const item of items) {
    const length = text(item);
    if (batch.length > 0 && ((batch.length + 1) * parameters > MOST_PARAMETERS || size + length > MOST_TEXT)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(item);
    size += length;
  }
  if (batch.length > 0) yield batch;
}
