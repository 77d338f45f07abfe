import { OPTIMISTIC } from "../arms/index.js";
import type { ArmType } from "../arms/arm.js";
import type { ImageArmType } from "../arms/images/image-arm.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { exactly } from "../estimate.js";
import { asset, assetTable } from "../model/asset.js";
import { imageContent, imageTable, shapeName, type Shape } from "../model/image.js";
import type { TableStore } from "../tables.js";
import { UnchangedOracle } from "../unchanged-oracle.js";
import { imageArms, sentBy, storedImage, type Sent } from "./image-updates.js";

const SHAPE: Shape = [30, 5, 3];

/**
 * Statements of a save where nothing changed, as the arm's own log tells them. What is stored is looked at after each arm: no save
 * may change anything, but that full writes of images raise the version, as they do whatever they write.
 */
export const nothingChanged: Workload = {
  id: "W4",
  title: "Saving a record that nobody changed",
  run: countStatements,
  count: countStatements,
};

async function countStatements({ url, tables, say }: Bench): Promise<Findings> {
  await tables.fill(assetTable, [asset(0)]);
  const counts: [ArmType, Pick<Sent, "statements">][] = [];
  for (const type of OPTIMISTIC) {
    say(type.name);
    const oracle = await UnchangedOracle.before(tables, assetTable);
    counts.push([type, { statements: await statementsOf(type, url) }]);
    await oracle.verify(type.name);
  }
  const images: [ImageArmType, Sent][] = [];
  await tables.fill(imageTable, [storedImage(0, SHAPE)]);
  for (const type of imageArms()) {
    say(`${type.name}, images`);
    images.push([type, await sentUnchanged(type, tables, url)]);
  }
  const own = [...counts, ...images].filter(([type]) => type.name === "distinction");
  return {
    tables: [
      {
        title: "W4: save of a record of 22 columns with nothing changed",
        columns: ["arm", "guarantee", "statements", "changes what is stored"],
        rows: counts.map(([type, { statements }]) => [type.name, type.guarantee, statements, "nothing"]),
      },
      {
        title: `W4: save of an image with nothing changed, properties, tags, locations = ${shapeName(SHAPE)}`,
        columns: ["arm", "guarantee", "statements", "bytes on the wire", "changes what is stored"],
        rows: images.map(([type, { statements, bytes }]) => [
          type.name,
          type.guarantee,
          statements,
          bytes,
          type.raisesUnchanged ? "the version" : "nothing",
        ]),
      },
    ],
    ratios: {
      "noop.statements": exactly(Math.max(...own.map(([, { statements }]) => statements))),
      "noop.bytes": exactly(images.find(([type]) => type.name === "distinction")![1].bytes),
    },
  };
}

async function statementsOf(type: ArmType, url: string): Promise<number> {
  let count = 0;
  const arm = await type.open({ url, table: assetTable, poolSize: 1, onStatement: () => void count++ });
  try {
    const { id } = asset(0);
    await arm.saveUnchanged(id, () => undefined); // whatever it does once only
    const before = count;
    await arm.saveUnchanged(id, () => undefined);
    if (count === before) throw new Error(`${type.name}: its statements are not counted`);
    await arm.saveUnchanged(id, () => (count = 0));
    return count;
  } finally {
    await arm.close();
  }
}

async function sentUnchanged(type: ImageArmType, tables: TableStore, url: string): Promise<Sent> {
  const oracle = await UnchangedOracle.before(tables, imageTable);
  let saves = 0;
  const { save } = await sentBy(type, url, imageContent(0, SHAPE).id, async (image) => {
    await image.saveUnchanged();
    saves++;
  });
  await oracle.verify(`${type.name}, images`, type.raisesUnchanged ? saves : 0);
  return save;
}
