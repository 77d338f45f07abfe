import { commonIsolation, type Writer } from "../isolation.js";
import { asset, assetTable } from "../model/asset.js";
import { body, documentTable } from "../model/document.js";
import { imageContent, imageTable, type Shape } from "../model/image.js";
import type { TableStore } from "../tables.js";
import { withTufWriters } from "../tuf/writers.js";
import { DOCUMENT_ARMS } from "./documents/index.js";
import { CONTENDING_IMAGES } from "./images/index.js";
import { CONTENDING, OPTIMISTIC } from "./index.js";

const SHAPE: Shape = [0, 0, 0];

/**
 * The isolation level at which every arm writes a record, a batch of records, an image, a document, or what a TUF repository
 * stores: one write each.
 *
 * @param directory for the files of that repository
 * @throws Error where they differ: figures of theirs could not be compared
 */
export async function isolationOfArms(url: string, tables: TableStore, directory: string): Promise<string> {
  const { id, attributes, ...collections } = imageContent(0, SHAPE);
  await tables.fill(assetTable, [asset(0), asset(1)]);
  await tables.fill(imageTable, [{ id, ...collections, ...attributes }]);
  await tables.fill(documentTable, [{ id: "document", body: body(1) }]);
  const open = await Promise.all([
    ...CONTENDING.map(async (type) => {
      const arm = await type.open({ url, table: assetTable, poolSize: 1 });
      const write = () => arm.setAttribute(asset(0).id, "name", `written by ${type.name}`);
      return { name: type.name, table: assetTable.name, row: { id: asset(0).id }, write, close: () => arm.close() };
    }),
    ...OPTIMISTIC.map(async (type) => {
      const arm = await type.open({ url, table: assetTable, poolSize: 1 });
      const names = new Map([asset(0), asset(1)].map(({ id }) => [id, `written by ${type.name} with another`]));
      const write = async () => (await arm.editMany("name", names))();
      const name = `${type.name}, batches`;
      return { name, table: assetTable.name, row: { id: asset(0).id }, write, close: () => arm.close() };
    }),
    ...CONTENDING_IMAGES.map(async (type) => {
      const arm = await type.open({ url, poolSize: 1 });
      const write = async () => (await arm.load(id)).rename(`written by ${type.name}`);
      return { name: `${type.name}, images`, table: imageTable.name, row: { id }, write, close: () => arm.close() };
    }),
    ...DOCUMENT_ARMS.map(async (type) => {
      const arm = await type.open(url);
      const write = async () => (await arm.edit("document", `written by ${type.name}`))();
      const name = `${type.name}, documents`;
      return { name, table: documentTable.name, row: { id: "document" }, write, close: () => arm.close() };
    }),
  ] satisfies Promise<Writer & { close(): Promise<unknown> }>[]);
  try {
    return await withTufWriters({ url, directory }, (tuf) => commonIsolation(url, [...open, ...tuf]));
  } finally {
    await Promise.all(open.map(({ close }) => close()));
  }
}
