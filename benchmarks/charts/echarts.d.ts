/** The part of the charting library that is used, so that the project's checks pass where it is not installed. */
declare module "echarts" {
  export type EChartsOption = Record<string, unknown>;
  export type SeriesOption = Record<string, unknown>;
  interface Canvas {
    setOption(option: EChartsOption): void;
    renderToSVGString(): string;
    dispose(): void;
  }
  export function init(
    element: null,
    theme: null,
    options: { renderer: "svg"; ssr: true; width: number; height: number },
  ): Canvas;
}
