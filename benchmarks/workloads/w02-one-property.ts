import type { LoadedImage } from "../arms/images/image-arm.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { hasWays, overWays } from "../latency/ways.js";
import { shapeName, type Shape } from "../model/image.js";
import { imageArms, imageUpdates, countSent, casesOf, longWarmUpOf, roundsOf } from "./image-updates.js";
import { updateSamples, updateTables, wayTable } from "./image-update-tables.js";
import { sentCharts } from "./sent-charts.js";

const NAME = "hw_property_0";

const update = (image: LoadedImage, turn: number): Promise<void> => image.setProperty(NAME, `value ${turn}`);

/** What is compared where the server is further away. */
const ARMS = ["distinction", "handwritten", "full write", "full write (reference)"];
const SHAPE: Shape = [30, 5, 3];

export const oneProperty: Workload = {
  id: "W2",
  title: "One property of an image",
  async run(bench: Bench): Promise<Findings> {
    const cases = casesOf(bench, roundsOf, longWarmUpOf);
    const updates = await imageUpdates(bench, {
      cases,
      arms: imageArms(),
      slice: 10,
      update,
    });
    const further = hasWays(bench) ? await overLongerWays(bench) : undefined;
    return {
      tables: [...updateTables("W2: one property", updates, cases, bench.random), ...(further?.tables ?? [])],
      charts: sentCharts("w2", "Saving one changed property", updates, cases),
      samples: { ...updateSamples(updates, cases), ...further?.samples },
    };
  },
  count: (bench) => countSent(bench, "one.property", update),
};

/** A save waits for the server as often as it asks it: once where one statement writes image and property. */
function overLongerWays(bench: Bench): Promise<Findings> {
  return overWays(bench.url, async (ways) => {
    const cases = ways.map(({ name, url }) => ({
      name: `${shapeName(SHAPE)}, ${name}`,
      shape: SHAPE,
      url,
      rounds: 20,
      warmUp: 10,
    }));
    const arms = imageArms().filter(({ name }) => ARMS.includes(name));
    const updates = await imageUpdates(bench, { cases, arms, slice: 5, update });
    return {
      tables: [wayTable("W2: one property of an image with 30", updates, ways, cases, bench.random)],
      samples: updateSamples(updates, cases),
    };
  });
}
