import type { FileReference, SignedFile, StoredFile } from "../../../../domain/tuf/tuf-store.js";

/** Bytes that are kept at most; an export reads from the database what is not kept. */
const MOST_BYTES = 64 * 2 ** 20;

/** Exports that a file is kept for. Whatever was in none of them, another process exported, or a newer one replaced. */
const MOST_EXPORTS = 3;

/** Files that this process has just committed and not yet exported: their bytes need not be read back. */
export class RecentFiles {
  readonly #files = new Map<string, { readonly file: StoredFile; exports: number }>();
  #bytes = 0;

  add({ signedAt: storedAt, ...file }: SignedFile): void {
    if (this.#bytes + file.length > MOST_BYTES) return;
    this.#files.set(keyOf(file), { file: { ...file, storedAt }, exports: 0 });
    this.#bytes += file.length;
  }

  get(reference: FileReference): StoredFile | undefined {
    return this.#files.get(keyOf(reference))?.file;
  }

  /** Called after each export, with what it brought. */
  exported(files: readonly FileReference[]): void {
    for (const file of files) this.#drop(keyOf(file));
    for (const [key, entry] of this.#files) if (++entry.exports >= MOST_EXPORTS) this.#drop(key);
  }

  #drop(key: string): void {
    this.#bytes -= this.#files.get(key)?.file.length ?? 0;
    this.#files.delete(key);
  }
}

/** A newer version does not replace an older one: an export that has begun may still name that. */
function keyOf({ role, metadataVersion }: FileReference): string {
  return `${metadataVersion}.${role}`;
}
