import type { ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { changeEverything } from "../../model/image.js";
import { isNeverOvertaken } from "../again.js";
import { raising, type ImageArm, type ImageArmType, type LoadedImage } from "./image-arm.js";
import {
  ATTRIBUTES,
  attributesOf,
  COLUMNS,
  IMAGES,
  LOCATIONS,
  PROPERTIES,
  Rows,
  TAGS,
  type ImageRows,
  type Parameter,
  type Run,
} from "./rows.js";

/**
 * F: the full write of the reference, OpenStack Glance's SQLAlchemy back end, statement for statement as its HEAD sends
 * them at (30, 5, 3): get 2, the first with a row for each pair of property and location; add 43; save with nothing
 * changed 12, of one attribute 12, of one property 13; remove 76. No version is checked: the last writer wins.
 *
 * Its own source says what the statements are for: `ImageRepo` in `glance/db/__init__.py`, `image_update`,
 * `_image_locations_set`, `image_tag_set_all` and `image_destroy` in `glance/db/sqlalchemy/api.py`. What SQLAlchemy finds
 * unchanged it does not write, hence one statement more for one property; all locations are written every time.
 */
export const referenceImages: ImageArmType = {
  name: "full write (reference)",
  guarantee: "last writer wins",
  raisesUnchanged: true,
  open(options): Promise<ImageArm> {
    const rows = new Rows(options, options.onStatement);
    const load = async (id: string): Promise<LoadedImage> => {
      const image = await getImage(rows.run, id);
      for (const tag of await getTags(rows.run, id)) image.tags.add(tag);
      return loaded(rows, image);
    };
    return Promise.resolve({
      load,
      raise: raising(load, isNeverOvertaken),
      add: async (id, image) => {
        await rows.transaction(async (run) => {
          await insert(
            run,
            IMAGES,
            ["id", ...COLUMNS, "version"],
            [id, ...values({ attributes: image.attributes }), 1],
          );
          await run(`SELECT name, value FROM ${PROPERTIES} WHERE image_id = ?`, [id]);
          for (const [name, value] of image.properties) await setProperty(run, id, name, value, undefined);
          if (image.locations.size > 0) {
            await run(`SELECT id FROM ${LOCATIONS} WHERE image_id = ?`, [id]);
            for (const [key, { url, metadata, status }] of image.locations) {
              const columns = ["image_id", "id", "url", "metadata", "status"];
              await insert(run, LOCATIONS, columns, [id, key, url, metadata, status]);
            }
          }
        });
        await getImage(rows.run, id);
        await rows.transaction((run) => setTags(run, id, image.tags));
      },
      remove: (id) => remove(rows, id),
      close: () => rows.close(),
    });
  },
};

function loaded(rows: Rows, image: ImageRows): LoadedImage {
  const save = async (): Promise<void> => {
    await rows.transaction((run) => updateImage(run, image));
    await getImage(rows.run, image.id);
    await rows.transaction((run) => setTags(run, image.id, image.tags));
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

/** The image, its properties and locations in one SELECT: 30 properties and 3 locations come as 90 rows. */
async function getImage(run: Run, id: string): Promise<ImageRows> {
  const rows = await run<RowDataPacket[]>(
    `SELECT ${COLUMNS.map((column) => `i.${column}`).join(", ")}, i.version, p.name AS property, p.value AS property_value, ` +
      `l.id AS location, l.url, l.metadata, l.status AS location_status FROM ${IMAGES} i ` +
      `LEFT JOIN ${PROPERTIES} p ON p.image_id = i.id LEFT JOIN ${LOCATIONS} l ON l.image_id = i.id WHERE i.id = ?`,
    [id],
  );
  const [first] = rows;
  const image: ImageRows = {
    id,
    version: Number(first!["version"]),
    attributes: attributesOf(first!),
    properties: new Map(),
    tags: new Set(),
    locations: new Map(),
  };
  for (const row of rows) {
    if (row["property"] !== null) image.properties.set(row["property"] as string, row["property_value"] as string);
    if (row["location"] === null) continue;
    const [url, metadata, status] = [row["url"], row["metadata"], row["location_status"]] as [string, string, string];
    image.locations.set(row["location"] as string, { url, metadata, status });
  }
  return image;
}

async function updateImage(run: Run, image: ImageRows): Promise<void> {
  const { id } = image;
  await getImage(run, id);
  await updateColumns(run, image);
  const stored = await getImage(run, id);
  for (const [name, value] of image.properties) await setProperty(run, id, name, value, stored.properties.get(name));
  for (const name of stored.properties.keys()) if (!image.properties.has(name)) await dropProperty(run, id, name);
  if (image.locations.size > 0) await setLocations(run, image);
}

function updateColumns(run: Run, image: Pick<ImageRows, "id" | "attributes">): Promise<ResultSetHeader> {
  const set = COLUMNS.map((column) => `${column} = ?`).join(", ");
  return run(`UPDATE ${IMAGES} SET ${set}, version = version + 1 WHERE id = ?`, [...values(image), image.id]);
}

async function setProperty(
  run: Run,
  id: string,
  name: string,
  value: string,
  stored: string | undefined,
): Promise<void> {
  if (stored === undefined) await insert(run, PROPERTIES, ["image_id", "name", "value"], [id, name, value]);
  else if (stored !== value) {
    await run(`UPDATE ${PROPERTIES} SET value = ? WHERE image_id = ? AND name = ?`, [value, id, name]);
  }
}

async function dropProperty(run: Run, id: string, name: string): Promise<void> {
  await run(`SELECT name, value FROM ${PROPERTIES} WHERE image_id = ? AND name = ?`, [id, name]);
  await run(`DELETE FROM ${PROPERTIES} WHERE image_id = ? AND name = ?`, [id, name]);
}

/** Those that are gone are looked for; every other one is read and written. */
async function setLocations(run: Run, { id, locations }: ImageRows): Promise<void> {
  const kept = [...locations.keys()];
  const marks = kept.map(() => "?").join(", ");
  await run(`SELECT id FROM ${LOCATIONS} WHERE image_id = ? AND id NOT IN (${marks})`, [id, ...kept]);
  for (const [key, { url, metadata, status }] of locations) {
    await run(`SELECT url, metadata, status FROM ${LOCATIONS} WHERE image_id = ? AND id = ?`, [id, key]);
    await run(`UPDATE ${LOCATIONS} SET url = ?, metadata = ?, status = ? WHERE image_id = ? AND id = ?`, [
      url,
      metadata,
      status,
      id,
      key,
    ]);
  }
}

async function getTags(run: Run, id: string): Promise<string[]> {
  const rows = await run<RowDataPacket[]>(`SELECT value FROM ${TAGS} WHERE image_id = ?`, [id]);
  return rows.map(({ value }) => value as string);
}

async function setTags(run: Run, id: string, tags: ReadonlySet<string>): Promise<void> {
  const stored = await getTags(run, id);
  for (const tag of tags) if (!stored.includes(tag)) await insert(run, TAGS, ["image_id", "value"], [id, tag]);
  for (const tag of stored) {
    if (tags.has(tag)) continue;
    await run(`SELECT value FROM ${TAGS} WHERE image_id = ? AND value = ?`, [id, tag]);
    await run(`DELETE FROM ${TAGS} WHERE image_id = ? AND value = ?`, [id, tag]);
  }
}

/** First an update that takes all properties away one by one, then the deletion of what is left. */
async function remove(rows: Rows, id: string): Promise<void> {
  await rows.transaction(async (run) => {
    const image = await getImage(run, id);
    await updateColumns(run, image);
    const stored = await getImage(run, id);
    for (const name of stored.properties.keys()) await dropProperty(run, id, name);
  });
  await getImage(rows.run, id);
  await rows.transaction(async (run) => {
    const { locations } = await getImage(run, id);
    await run(`UPDATE ${IMAGES} SET status = ?, version = version + 1 WHERE id = ?`, ["deactivated", id]);
    await run(`SELECT id FROM ${LOCATIONS} WHERE image_id = ?`, [id]);
    for (const key of locations.keys()) {
      await run(`SELECT url, metadata, status FROM ${LOCATIONS} WHERE image_id = ? AND id = ?`, [id, key]);
      await run(`DELETE FROM ${LOCATIONS} WHERE image_id = ? AND id = ?`, [id, key]);
    }
    await run(`DELETE FROM ${PROPERTIES} WHERE image_id = ?`, [id]);
    await run(`DELETE FROM ${TAGS} WHERE image_id = ?`, [id]);
    await run(`DELETE FROM ${IMAGES} WHERE id = ?`, [id]); // stands for the members, which these images have not
  });
}

async function insert(run: Run, table: string, columns: readonly string[], row: Parameter[]): Promise<void> {
  await run(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`, row);
}

function values({ attributes }: Pick<ImageRows, "attributes">): Parameter[] {
  return ATTRIBUTES.map((name) => attributes[name] ?? null);
}
