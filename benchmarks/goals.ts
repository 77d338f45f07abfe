export interface Goal {
  readonly goal: number;
  readonly better: "lower" | "higher";
}

/** The figures that are published, with what they have to reach: ratios of one run, counts, and speeds that services ask for. */
export const GOALS: Readonly<Record<string, Goal>> = {
  "save.one.vs.handwritten": { goal: 1.1, better: "lower" },
  "save.one.vs.typeorm": { goal: 4, better: "higher" },
  "save.one.vs.mikroorm": { goal: 5.5, better: "higher" },
  "save.one.vs.sequelize": { goal: 2, better: "higher" },
  "save.one.8.vs.handwritten": { goal: 1.1, better: "lower" },
  "save.one.8.vs.typeorm": { goal: 4, better: "higher" },
  "save.one.8.vs.mikroorm": { goal: 5.5, better: "higher" },
  "save.one.8.vs.sequelize": { goal: 2, better: "higher" },
  "batch.100.vs.handwritten": { goal: 1.25, better: "lower" },
  "batch.100.vs.typeorm": { goal: 25, better: "higher" },
  "diff.vs.full.competent": { goal: 60, better: "higher" },
  "diff.vs.full.reference": { goal: 80, better: "higher" },
  "save.property.vs.handwritten": { goal: 1.25, better: "lower" },
  "save.tag.vs.handwritten": { goal: 1.25, better: "lower" },
  "entries.slope": { goal: 1.5, better: "lower" },
  "one.attribute.statements": { goal: 1, better: "lower" },
  "one.attribute.bytes": { goal: 256, better: "lower" },
  "one.property.statements": { goal: 2, better: "lower" },
  "one.property.bytes": { goal: 512, better: "lower" },
  "one.tag.statements": { goal: 2, better: "lower" },
  "one.tag.bytes": { goal: 512, better: "lower" },
  "noop.statements": { goal: 0, better: "lower" },
  "hot.8.vs.pessimistic": { goal: 1, better: "higher" },
  "hot.8.apart.vs.pessimistic": { goal: 1, better: "higher" },
  "hot.64.lost": { goal: 0, better: "lower" },
  "overlap.lost": { goal: 0, better: "lower" },
  "tuf.accept.one.per.second": { goal: 0.7, better: "higher" },
  "tuf.accept.per.second": { goal: 0.7, better: "higher" },
  "tuf.accept.one.vs.insert": { goal: 0.7, better: "higher" },
  "tuf.accept.vs.insert": { goal: 0.7, better: "higher" },
  "tuf.publish.vs.lock": { goal: 10, better: "higher" },
  "tuf.publish.vs.floor": { goal: 2, better: "lower" },
  "tuf.publish.db.bytes": { goal: 40 * 1024, better: "lower" },
  "tuf.visible.64.per.second": { goal: 1_500, better: "higher" },
  "tuf.visible.64.p99.ms": { goal: 100, better: "lower" },
  "tuf.import.per.second": { goal: 10_000, better: "higher" },
  "tuf.import.mib": { goal: 1_024, better: "lower" },
  "tuf.renewal.seconds": { goal: 120, better: "lower" },
  "memory.vs.rows": { goal: 2, better: "lower" },
};

/** Whether a figure as it was measured reaches its goal; the interval tells how sure that is. */
export function reached({ goal, better }: Goal, value: number): boolean {
  return better === "lower" ? value <= goal : value >= goal;
}
