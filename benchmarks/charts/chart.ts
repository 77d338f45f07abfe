/** A picture of a workload's findings: data only, drawn by `draw-chart.ts`. */
export interface Chart {
  /** Names the chart's file, e.g. `w1-time-against-requests`. */
  readonly id: string;
  readonly title: string;
  /** What the reader should take with them; shown below the title. */
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly kind: "lines" | "bars";
  /** Whether every bar has its value above it, where some are too small to be told apart. */
  readonly showsValues?: true;
  readonly series: readonly Series[];
}

export interface Axis {
  /** With its unit: `requests`, `milliseconds`. */
  readonly label: string;
  /** Logarithmic, where figures of several orders of magnitude are to be compared. Bars start at zero and never are. */
  readonly scale?: "linear" | "logarithmic";
  /** Names of the groups, where the axis holds no numbers; a point's `x` is then an index into them. */
  readonly groups?: readonly string[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Words beside the point where it needs attention: `typeorm lost`, and below it `776 of 2160`. */
  readonly mark?: string;
}
