import type { ResultSetHeader } from "mysql2/promise";
import { changeEverything } from "../../model/image.js";
import { ChangedMeanwhile, isChangedMeanwhile } from "../again.js";
import { fullWriteImages } from "./full-write.js";
import { raising, type ImageArm, type ImageArmType, type LoadedImage } from "./image-arm.js";
import { IMAGES, PROPERTIES, Rows, selectImage, TAGS, type ImageRows, type Run } from "./rows.js";

/**
 * H: the least SQL that does the work, written by hand for each request: it knows what will change, and checks the
 * version. The floor for every library. Where everything changes, the least is the full write.
 */
export const handwrittenImages: ImageArmType = {
  name: "handwritten",
  guarantee: "version checked",
  async open(options): Promise<ImageArm> {
    const rows = new Rows(options, options.onStatement);
    const fullWrite = await fullWriteImages.open(options);
    const load = async (id: string): Promise<LoadedImage> => loaded(rows, await selectImage(rows.run, id));
    return {
      ...fullWrite,
      load,
      raise: raising(load, isChangedMeanwhile),
      close: async () => {
        await fullWrite.close();
        await rows.close();
      },
    };
  },
};

function loaded(rows: Rows, image: ImageRows): LoadedImage {
  const { id } = image;
  const touch = (run: Run): Promise<void> =>
    update(run, image, `UPDATE ${IMAGES} SET version = version + 1 WHERE id = ? AND version = ?`, []);
  const addProperty = (name: string, value: string): Promise<void> =>
    rows.transaction(async (run) => {
      await touch(run);
      await run(`INSERT INTO ${PROPERTIES} (image_id, name, value) VALUES (?, ?, ?)`, [id, name, value]);
    });
  return {
    property: (name) => image.properties.get(name),
    rename: (name) =>
      update(rows.run, image, `UPDATE ${IMAGES} SET name = ?, version = version + 1 WHERE id = ? AND version = ?`, [
        name,
      ]),
    setProperty: (name, value) =>
      image.properties.has(name) ? changeProperty(rows.run, image, name, value) : addProperty(name, value),
    addTag: (tag) =>
      rows.transaction(async (run) => {
        await touch(run);
        await run(`INSERT IGNORE INTO ${TAGS} (image_id, value) VALUES (?, ?)`, [id, tag]);
      }),
    removeTag: (tag) =>
      rows.transaction(async (run) => {
        await touch(run);
        await run(`DELETE FROM ${TAGS} WHERE image_id = ? AND value = ?`, [id, tag]);
      }),
    changeEverything: (round) => {
      changeEverything(image, round);
      throw new Error("by hand, everything is written by the full write");
    },
    saveUnchanged: () => Promise.resolve(),
  };
}

/** Both rows at once: one statement needs no transaction. */
function changeProperty(run: Run, image: ImageRows, name: string, value: string): Promise<void> {
  const sql =
    `UPDATE ${IMAGES} AS i STRAIGHT_JOIN ${PROPERTIES} AS p ON p.image_id = i.id AND p.name = ? ` +
    `SET p.value = ?, i.version = i.version + 1 WHERE i.id = ? AND i.version = ?`;
  return update(run, image, sql, [name, value]);
}

async function update(run: Run, image: ImageRows, sql: string, values: string[]): Promise<void> {
  const { affectedRows } = await run<ResultSetHeader>(sql, [...values, image.id, image.version]);
  if (affectedRows === 0) throw new ChangedMeanwhile(image.id);
  image.version++;
}
