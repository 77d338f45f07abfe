/** Port: what is done with all images as a whole, by no caller. */
export interface ImageUpkeep {
  /** How many images there are: a walk through an index, not through the images. */
  count(): Promise<number>;
  /**
   * Takes removed images, at most so many, out of the images' table for good, with their properties, tags, locations and
   * members. What they were is kept apart, and their ids stay taken. Safe at any time, by several at once, and to repeat.
   *
   * @returns how many were found; fewer than `most` were all
   */
  purge(most: number): Promise<number>;
}
