import type { ImageArm, ImageArmType } from "../arms/images/image-arm.js";
import type { Bench, Findings, Table, Workload } from "../bench.js";
import type { Chart } from "../charts/chart.js";
import { median, medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { ImageOracle } from "../image-oracle.js";
import { interleaved, timed, type Samples } from "../measure.js";
import { imageContent, imageTable, type Shape } from "../model/image.js";
import type { Random } from "../random.js";
import { imageArms, storedImage } from "./image-updates.js";

const SIZES = [10, 100, 1_000, 10_000] as const;

/** What writes or reads all entries for one is not asked for so many: it would take minutes, and tell nothing more. */
const MOST_FOR_OTHERS = { quick: 100, full: 1_000 } as const;

/** TypeORM takes seconds for one save of 1,000. */
const ROUNDS = { quick: { lean: 15, others: 2 }, full: { lean: 80, others: 10 } } as const;

/** Saves of one round after one load, of which its sample is the median; fewer of whom so many take longer than that. */
const SAVES = { most: 10, milliseconds: 500 } as const;

const isLean = ({ name }: ImageArmType): boolean => name === "distinction" || name === "handwritten";

/** Saving one changed property, of few and of many. Loading them all is not timed: it costs what was asked for. */
export const entriesSlope: Workload = {
  id: "W12",
  title: "One entry changed of many",
  async run({ url, tables, random, quick, say }: Bench): Promise<Findings> {
    const arms = imageArms();
    const entries: Entries[] = [];
    for (const type of arms) {
      const arm = await type.open({ url, poolSize: 1 });
      const sizes = SIZES.filter((size) => isLean(type) || size <= MOST_FOR_OTHERS[quick ? "quick" : "full"]);
      entries.push(...sizes.map((size, index) => new Entries(type, arm, size, arms.indexOf(type) * 10 + index)));
    }
    try {
      say("filling");
      await tables.fill(
        imageTable,
        entries.map(({ number, shape }) => storedImage(number, shape)),
      );
      const { lean, others } = ROUNDS[quick ? "quick" : "full"];
      const contenders = entries.map((one) => ({
        name: one.label,
        round: () => one.saves(),
        ...(!isLean(one.type) && { rounds: others }),
      }));
      const all = await interleaved(contenders, lean, random, say);
      for (const one of entries) await one.verify(url);
      return {
        tables: [table(arms, all, random)],
        charts: [chart(arms, all)],
        ratios: {
          "entries.slope": ratioOf(all[labelOf("distinction", 10_000)]!, all[labelOf("distinction", 10)]!, random),
        },
        samples: Object.fromEntries(SIZES.map((size) => [`1 of ${size} entries`, samplesOf(arms, all, size)])),
      };
    } finally {
      await Promise.all(entries.filter(({ size }) => size === SIZES[0]).map(({ arm }) => arm.close()));
    }
  },
};

/** One arm's image with so many properties. */
class Entries {
  readonly label: string;
  readonly shape: Shape;
  #turn = 0;

  constructor(
    readonly type: ImageArmType,
    readonly arm: ImageArm,
    readonly size: number,
    readonly number: number,
  ) {
    this.label = labelOf(type.name, size);
    this.shape = [size, 0, 0];
  }

  /** Milliseconds of one save. */
  async saves(): Promise<number> {
    const image = await this.arm.load(imageContent(this.number, [0, 0, 0]).id);
    const times: number[] = [];
    let total = 0;
    while (times.length < SAVES.most && total < SAVES.milliseconds) {
      const [name, value] = this.#change(++this.#turn);
      const milliseconds = await timed(() => image.setProperty(name, value));
      times.push(milliseconds);
      total += milliseconds;
    }
    return median(times);
  }

  async verify(url: string): Promise<void> {
    const oracle = new ImageOracle(this.number, this.shape);
    for (let turn = 1; turn <= this.#turn; turn++) await oracle.image.setProperty(...this.#change(turn));
    await oracle.verify(url, this.label);
  }

  #change(turn: number): [name: string, value: string] {
    return [`hw_property_${turn % this.size}`, `changed ${turn}`];
  }
}

function labelOf(arm: string, size: number): string {
  return `${arm}, ${size} entries`;
}

/** By the name of the arm, of those that were asked for so many. */
function samplesOf(arms: readonly ImageArmType[], samples: Samples, size: number): Samples {
  return Object.fromEntries(
    arms.flatMap(({ name }) => {
      const measured = samples[labelOf(name, size)];
      return measured === undefined ? [] : [[name, measured]];
    }),
  );
}

function table(arms: readonly ImageArmType[], samples: Samples, random: Random): Table {
  const cell = (name: string, size: number): string => {
    const measured = samples[labelOf(name, size)];
    return measured === undefined ? "" : withInterval(medianOf(measured, random));
  };
  const slope = (name: string, size: number): string => {
    const [many, few] = [size, SIZES[0]].map((entries) => samples[labelOf(name, entries)]);
    return many === undefined ? "" : withInterval(ratioOf(many, few!, random));
  };
  const steep = [1_000, 10_000];
  const named = (size: number): string => size.toLocaleString("en");
  return {
    title: "W12: save of one changed entry, by how many there are (milliseconds)",
    columns: [
      "arm",
      "guarantee",
      ...SIZES.map((size) => `of ${named(size)}`),
      ...steep.map((size) => `${named(size)} against 10`),
    ],
    rows: arms.map(({ name, guarantee }) => [
      name,
      guarantee,
      ...SIZES.map((size) => cell(name, size)),
      ...steep.map((size) => slope(name, size)),
    ]),
  };
}

function chart(arms: readonly ImageArmType[], samples: Samples): Chart {
  return {
    id: "w12-entries",
    title: "Saving one changed entry, of few and of many",
    subtitle: "Time of one save, both axes logarithmic; less is better, and level is best",
    kind: "lines",
    x: { label: "entries of the record", scale: "logarithmic" },
    y: { label: "milliseconds", scale: "logarithmic" },
    series: arms.map(({ name }) => ({
      name,
      points: SIZES.flatMap((x) => {
        const measured = samples[labelOf(name, x)];
        return measured === undefined ? [] : [{ x, y: Number(median(measured).toPrecision(3)) }];
      }),
    })),
  };
}
