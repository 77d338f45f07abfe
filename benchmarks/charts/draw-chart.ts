import * as echarts from "echarts";
import { isOwn } from "../arms/arm.js";
import type { Axis, Chart, Point, Series } from "./chart.js";
import { seriesColour, type Theme } from "./theme.js";

const WIDTH = 860;
/** With a legend of one line. */
const HEIGHT = 440;
const LEGEND_LINE = 38;
/** As many as a bar of a group of seven is wide. */
const BAR_DIGITS = 3;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** The chart as an SVG document that needs nothing else. */
export function drawChart(chart: Chart, theme: Theme): string {
  const height = HEIGHT + (legendLines(chart) - 1) * LEGEND_LINE;
  const canvas = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    canvas.setOption(optionOf(chart, theme));
    return canvas.renderToSVGString();
  } finally {
    canvas.dispose();
  }
}

function optionOf(chart: Chart, theme: Theme): echarts.EChartsOption {
  const several = chart.series.length > 1;
  const legend = 46 + legendLines(chart) * LEGEND_LINE;
  return {
    animation: false,
    backgroundColor: theme.background,
    textStyle: { fontFamily: FONT, color: theme.text },
    title: {
      text: chart.title,
      subtext: chart.subtitle ?? "",
      left: 16,
      top: 12,
      textStyle: { color: theme.text, fontSize: 16, fontWeight: 600 },
      subtextStyle: { color: theme.muted, fontSize: 12 },
    },
    legend: { show: several, bottom: 8, textStyle: { color: theme.text, fontSize: 12 }, itemGap: 26 },
    grid: { left: 76, right: 40, top: chart.subtitle === undefined ? 64 : 84, bottom: several ? legend : 60 },
    xAxis: axisOption(chart.x, theme, { nameLocation: "middle", nameGap: 30 }),
    yAxis: {
      ...axisOption(chart.y, theme, { nameLocation: "middle", nameGap: 54 }),
      ...(chart.showsValues && { boundaryGap: [0, "10%"] }), // room for the value of the highest bar
    },
    series: chart.series.map((series, index) => seriesOption(chart, series, seriesColour(series.name, index), theme)),
  };
}

/** About as many as the library breaks the names into; the plot has to leave room for them. */
function legendLines({ series }: Chart): number {
  const width = series.reduce((sum, { name }) => sum + 56 + 5.6 * name.length, 0);
  return Math.max(1, Math.ceil(width / WIDTH));
}

function axisOption(axis: Axis, theme: Theme, place: { nameLocation: "middle"; nameGap: number }) {
  const look = {
    ...place,
    name: axis.label,
    nameTextStyle: { color: theme.muted, fontSize: 12 },
    axisLabel: { color: theme.muted, fontSize: 12 },
    axisLine: { lineStyle: { color: theme.grid } },
    splitLine: { show: axis.groups === undefined, lineStyle: { color: theme.grid } },
  };
  if (axis.groups !== undefined) return { ...look, type: "category" as const, data: [...axis.groups] };
  return axis.scale === "logarithmic" ? { ...look, type: "log" as const } : { ...look, type: "value" as const };
}

function seriesOption(
  { kind, x, showsValues, series }: Chart,
  { name, points }: Series,
  colour: string,
  theme: Theme,
): echarts.SeriesOption {
  const isWide = series.some((one) => one.points.some(({ y }) => told(y).length > BAR_DIGITS));
  const data = points.map((point) => ({
    value: x.groups === undefined ? [point.x, point.y] : [x.groups[point.x]!, point.y],
    label: showsValues ? valueOption(point, isWide, theme) : markOption(point, theme),
  }));
  const look = { name, data, itemStyle: { color: colour } };
  if (kind === "bars") return { ...look, type: "bar", barMaxWidth: 36, barMinHeight: 2 };
  const own = isOwn(name); // above the others where lines meet
  const lineStyle = { color: colour, width: own ? 3.5 : 2, type: own && name !== "distinction" ? "dashed" : "solid" };
  return { ...look, type: "line", symbol: "circle", symbolSize: own ? 8 : 6, lineStyle, z: own ? 3 : 2 };
}

/** Upright where it is wider than its bar. */
function valueOption({ y }: Point, isWide: boolean, theme: Theme) {
  const upright = { rotate: 90, align: "left", verticalAlign: "middle" } as const;
  const look = { color: theme.text, backgroundColor: `${theme.background}b0`, fontSize: 10, padding: [1, 2] };
  return { show: true, formatter: told(y), position: "top", ...look, ...(isWide && upright) };
}

function told(value: number): string {
  return value.toLocaleString("en");
}

function markOption({ mark }: Point, theme: Theme) {
  if (mark === undefined) return { show: false };
  return {
    show: true,
    formatter: mark,
    position: "top" as const,
    color: theme.alarm,
    backgroundColor: `${theme.background}b0`, // lines of others pass behind it, and are still seen
    padding: [2, 4],
    fontSize: 11,
    lineHeight: 14,
    fontWeight: 600,
  };
}
