import { createPool, type Pool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import type { Attributes } from "../../../domain/distinction/types/record-type.js";
import { inTransaction } from "../../in-transaction.js";
import { imageTable, type ImageContent, type Location } from "../../model/image.js";
import type { ImageArmOptions } from "./image-arm.js";

export type Parameter = string | number | boolean | Date | null;
export type Run = <T extends RowDataPacket[] | ResultSetHeader>(sql: string, parameters: Parameter[]) => Promise<T>;

export const { name: IMAGES, entryTables } = imageTable;
export const PROPERTIES = entryTables["properties"]!.name;
export const TAGS = entryTables["tags"]!.name;
export const LOCATIONS = entryTables["locations"]!.name;

/** The attributes beside the id, in the order of their columns. */
export const ATTRIBUTES = Object.keys(imageTable.columns).filter((name) => name !== "id");
export const COLUMNS = ATTRIBUTES.map((name) => `\`${imageTable.columns[name]}\``);

/** Prepared statements of mysql2 on a pool, as one would use them by hand. */
export class Rows {
  readonly #pool: Pool;

  constructor(
    { url, poolSize }: ImageArmOptions,
    private readonly onStatement: ((sql: string) => void) | undefined,
  ) {
    this.#pool = createPool({ uri: url, connectionLimit: poolSize, timezone: "Z", charset: "utf8mb4" });
  }

  readonly run: Run = (sql, parameters) => this.#execute(this.#pool, sql, parameters);

  /** Runs `work` on one connection, between BEGIN and COMMIT. */
  transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
    return inTransaction(this.#pool, (connection) =>
      work((sql, parameters) => this.#execute(connection, sql, parameters)),
    );
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #execute<T extends RowDataPacket[] | ResultSetHeader>(
    by: Pool | PoolConnection,
    sql: string,
    parameters: Parameter[],
  ): Promise<T> {
    this.onStatement?.(sql);
    return (await by.execute<T>(sql, parameters))[0];
  }
}

type IdentifiedImage = ImageContent & { readonly id: string };

export interface ImageRows extends IdentifiedImage {
  version: number;
}

/** One SELECT of the image, one of each collection. */
export async function selectImage(run: Run, id: string): Promise<ImageRows> {
  const [row] = await run<RowDataPacket[]>(`SELECT ${COLUMNS.join(", ")}, version FROM ${IMAGES} WHERE id = ?`, [id]);
  const properties = await run<RowDataPacket[]>(`SELECT name, value FROM ${PROPERTIES} WHERE image_id = ?`, [id]);
  const tags = await run<RowDataPacket[]>(`SELECT value FROM ${TAGS} WHERE image_id = ?`, [id]);
  const locations = await run<RowDataPacket[]>(
    `SELECT id, url, metadata, status FROM ${LOCATIONS} WHERE image_id = ?`,
    [id],
  );
  return {
    id,
    version: Number(row!["version"]),
    attributes: attributesOf(row!),
    properties: new Map(properties.map((property) => [property["name"] as string, property["value"] as string])),
    tags: new Set(tags.map((tag) => tag["value"] as string)),
    locations: new Map(locations.map((location) => [location["id"] as string, locationOf(location)])),
  };
}

const BOOLEANS: ReadonlySet<string> = new Set(
  ATTRIBUTES.filter((name) => (imageTable.type.attributes as Attributes)[name]!.shape.kind === "boolean"),
);

export function attributesOf(row: RowDataPacket): ImageContent["attributes"] {
  const value = (name: string): Parameter => row[imageTable.columns[name]!] as Parameter;
  return Object.fromEntries(ATTRIBUTES.map((name) => [name, BOOLEANS.has(name) ? value(name) === 1 : value(name)]));
}

function locationOf({ url, metadata, status }: RowDataPacket): Location {
  return { url, metadata, status };
}

/** `(?, ?), (?, ?)` */
export function tuples(rows: number, columns: number): string {
  const tuple = `(${Array.from({ length: columns }, () => "?").join(", ")})`;
  return Array.from({ length: rows }, () => tuple).join(", ");
}

/** One multi-row INSERT of the images, one of each collection that is not empty; a statement takes 65,535 parameters. */
export async function insertImages(run: Run, images: readonly IdentifiedImage[]): Promise<void> {
  const rows = images.map(({ id, attributes }) => [id, ...ATTRIBUTES.map((name) => attributes[name] ?? null), 1]);
  const all = [{ table: IMAGES, columns: ["id", ...COLUMNS, "version"], rows }, ...children(images)];
  for (const { table, columns, rows } of all) {
    if (rows.length === 0) continue;
    await run(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${tuples(rows.length, columns.length)}`,
      rows.flat(),
    );
  }
}

/** The rows of each collection, with the column that is the key among those of an image. */
export function children(images: readonly IdentifiedImage[]) {
  const rowsOf = (own: (image: IdentifiedImage) => Parameter[][]): Parameter[][] =>
    images.flatMap((image) => own(image).map((row) => [image.id, ...row]));
  return [
    {
      table: PROPERTIES,
      key: "name",
      columns: ["image_id", "name", "value"],
      rows: rowsOf(({ properties }) => [...properties]),
    },
    {
      table: TAGS,
      key: "value",
      columns: ["image_id", "value"],
      rows: rowsOf(({ tags }) => [...tags].map((tag) => [tag])),
    },
    {
      table: LOCATIONS,
      key: "id",
      columns: ["image_id", "id", "url", "metadata", "status"],
      rows: rowsOf(({ locations }) =>
        [...locations].map(([key, { url, metadata, status }]) => [key, url, metadata, status]),
      ),
    },
  ];
}
