export interface Goal {
  readonly goal: number;
  readonly better: "lower" | "higher";
}

/** The ratios that are published, with what they have to reach. */
export const GOALS: Readonly<Record<string, Goal>> = {
  "save.one.vs.handwritten": { goal: 1.1, better: "lower" },
  "save.one.vs.typeorm": { goal: 4, better: "higher" },
  "save.one.vs.mikroorm": { goal: 5.5, better: "higher" },
  "save.one.vs.sequelize": { goal: 2, better: "higher" },
  "entries.slope": { goal: 1.5, better: "lower" },
  "noop.statements": { goal: 0, better: "lower" },
  "hot.8.vs.pessimistic": { goal: 1, better: "higher" },
  "hot.64.lost": { goal: 0, better: "lower" },
  "memory.vs.rows": { goal: 2, better: "lower" },
};

/** Whether a figure as it was measured reaches its goal; the interval tells how sure that is. */
export function reached({ goal, better }: Goal, value: number): boolean {
  return better === "lower" ? value <= goal : value >= goal;
}
