/** Port: the metadata files of a repository that other tools made. */
export interface ForeignFiles {
  /**
   * @param name of a file, a role's name in it percent-encoded: `timestamp.json`, `3.bins-0.json`
   * @returns its bytes, or `undefined` where there is none
   */
  read(name: string): Promise<Uint8Array | undefined>;
}
