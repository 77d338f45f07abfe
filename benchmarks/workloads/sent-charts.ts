import type { Chart } from "../charts/chart.js";
import type { ImageUpdates, Sent, UpdateCase } from "./image-updates.js";

const FIGURES: Readonly<Record<keyof Sent, string>> = {
  statements: "Statements that one save sends, BEGIN and COMMIT left out; less is better",
  bytes: "Bytes on the wire that one save sends, everything included; less is better",
};

/** What one save sends, of images of every shape: `w1-statements` and `w1-bytes`. */
export function sentCharts(
  id: string,
  title: string,
  updates: readonly ImageUpdates[],
  cases: readonly UpdateCase[],
): Chart[] {
  const arms = [...new Set(updates.map(({ type }) => type.name))];
  return Object.entries(FIGURES).map(([figure, subtitle]) => ({
    id: `${id}-${figure}`,
    title,
    subtitle,
    kind: "bars",
    showsValues: true,
    x: { label: "properties, tags, locations", groups: cases.map(({ name }) => name) },
    y: { label: figure },
    series: arms.map((name) => ({
      name,
      points: cases.map((one, x) => {
        const { sent } = updates.find(({ type, of }) => type.name === name && of === one)!;
        return { x, y: sent.save[figure as keyof Sent] };
      }),
    })),
  }));
}
