/** Colours of one appearance of the report. Series colours: Okabe and Ito's palette, told apart by colour-blind readers. */
export interface Theme {
  readonly name: "light" | "dark";
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly alarm: string;
}

export const LIGHT: Theme = {
  name: "light",
  background: "#ffffff",
  text: "#1f2328",
  muted: "#59636e",
  grid: "#d9dee3",
  alarm: "#b42318",
};

export const DARK: Theme = {
  name: "dark",
  background: "#0d1117",
  text: "#e6edf3",
  muted: "#9198a1",
  grid: "#30363d",
  alarm: "#ff7b72",
};

/** An arm has the same colour in every chart of the report, on both backgrounds; our second one is dashed. */
const SERIES_COLOURS: Readonly<Record<string, string>> = {
  distinction: "#1f83d6",
  "distinction, apart": "#1f83d6",
  handwritten: "#009e73",
  pessimistic: "#56b4e9",
  "global lock": "#7a5cff",
  "full write": "#e69f00",
  "full write (reference)": "#d55e00",
  typeorm: "#cc79a7",
  mikroorm: "#b8a800",
  sequelize: "#8c8c8c",
};

const OTHERS = ["#1f83d6", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b8a800", "#8c8c8c"];

export function seriesColour(name: string, index: number): string {
  return SERIES_COLOURS[name] ?? OTHERS[index % OTHERS.length]!;
}
