import type { ResultSetHeader } from "mysql2/promise";
import { changeEverything } from "../../model/image.js";
import { ChangedMeanwhile, isChangedMeanwhile } from "../again.js";
import { raising, type ImageArm, type ImageArmType, type LoadedImage } from "./image-arm.js";
import {
  ATTRIBUTES,
  children,
  COLUMNS,
  IMAGES,
  insertImages,
  Rows,
  selectImage,
  tuples,
  type ImageRows,
  type Run,
} from "./rows.js";

/**
 * G: a full write done well. One transaction; one versioned UPDATE of all columns; for each collection one DELETE of
 * what is no longer there and one multi-row upsert of what is. Prepared statements throughout.
 */
export const fullWriteImages: ImageArmType = {
  name: "full write",
  guarantee: "version checked",
  raisesUnchanged: true,
  open(options): Promise<ImageArm> {
    const rows = new Rows(options, options.onStatement);
    const load = async (id: string): Promise<LoadedImage> => loaded(rows, await selectImage(rows.run, id));
    return Promise.resolve({
      load,
      raise: raising(load, isChangedMeanwhile),
      add: (id, image) => rows.transaction((run) => insertImages(run, [{ id, ...image }])),
      remove: async (id) => {
        const { version } = await selectImage(rows.run, id);
        await rows.run(`DELETE FROM ${IMAGES} WHERE id = ? AND version = ?`, [id, version]); // foreign keys do the rest
      },
      close: () => rows.close(),
    });
  },
};

function loaded(rows: Rows, image: ImageRows): LoadedImage {
  const save = async (): Promise<void> => {
    await rows.transaction((run) => writeAll(run, image));
    image.version++;
  };
  return {
    property: (name) => image.properties.get(name),
    rename: (name) => ((image.attributes["name"] = name), save()),
    setProperty: (name, value) => (image.properties.set(name, value), save()),
    addTag: (tag) => (image.tags.add(tag), save()),
    removeTag: (tag) => (image.tags.delete(tag), save()),
    changeEverything: (round) => (changeEverything(image, round), save()),
    saveUnchanged: save,
  };
}

async function writeAll(run: Run, image: ImageRows): Promise<void> {
  const { id, version, attributes } = image;
  const set = COLUMNS.map((column) => `${column} = ?`).join(", ");
  const { affectedRows } = await run<ResultSetHeader>(
    `UPDATE ${IMAGES} SET ${set}, version = version + 1 WHERE id = ? AND version = ?`,
    [...ATTRIBUTES.map((name) => attributes[name] ?? null), id, version],
  );
  if (affectedRows === 0) throw new ChangedMeanwhile(id);
  for (const { table, key, columns, rows } of children([image])) {
    const keys = rows.map((row) => row[1]!);
    const others = keys.length > 0 ? ` AND ${key} NOT IN ${tuples(1, keys.length)}` : "";
    await run(`DELETE FROM ${table} WHERE image_id = ?${others}`, [id, ...keys]);
    if (rows.length === 0) continue;
    const values = columns.slice(1).map((column) => `${column} = VALUES(${column})`);
    await run(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${tuples(rows.length, columns.length)} ` +
        `ON DUPLICATE KEY UPDATE ${values.join(", ")}`,
      rows.flat(),
    );
  }
}
