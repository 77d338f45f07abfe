import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";

/**
 * `putAll` of some storage, one file after the other, so that something can go wrong between any two of them.
 * @param around is given each put with its file's name; answers whether the file is new
 */
export function fileByFile(
  files: Pick<MetadataFiles, "putAll">,
  around: (name: string, put: () => Promise<boolean>) => Promise<boolean> = (_, put) => put(),
): MetadataFiles["putAll"] {
  return async (phases) => {
    const created: string[] = [];
    for (const file of phases.flat()) {
      const isNew = await around(file.name, async () => (await files.putAll([[file]])).length === 1);
      if (isNew) created.push(file.name);
    }
    return created;
  };
}
