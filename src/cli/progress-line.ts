/** How far something has come. */
export interface ProgressState {
  readonly label: string;
  /** `undefined` where nobody knows it. */
  readonly total: number | undefined;
  readonly done: number;
  /** What of `done` was there before this run, and says nothing about its rate. */
  readonly before: number;
  /** Since this run began, in seconds. */
  readonly seconds: number;
  /** What is counted; bytes are told in KB, MB or GB. */
  readonly unit: "pieces" | "bytes";
}

const LONGEST_BAR = 24;
const SHORTEST_BAR = 8;

/** One line of `columns` at most: label, bar, share, count, rate, and the time that is left. */
export function progressLine({ label, total, done, before, seconds, unit }: ProgressState, columns: number): string {
  const counted = unit === "bytes" ? bytes : pieces;
  const rate = seconds > 0 ? (done - before) / seconds : 0;
  const told = `${counted(rate)}/s`;
  if (total === undefined) return `${label} ${counted(done)}  ${told}  ${duration(seconds)}`.slice(0, columns);
  const whole = Math.max(total, done); // others may have added some
  const share = whole === 0 ? 1 : done / whole;
  const left = done === whole ? duration(seconds) : rate > 0 ? `${duration((whole - done) / rate)} left` : "";
  const facts = `${String(Math.floor(100 * share)).padStart(3)}%  ${counted(done)}/${counted(whole)}  ${told}  ${left}`;
  const space = Math.min(LONGEST_BAR, columns - label.length - facts.length - 3);
  return `${label} ${space < SHORTEST_BAR ? "" : `${bar(share, space)} `}${facts}`.trimEnd().slice(0, columns);
}

function bar(share: number, length: number): string {
  const full = Math.floor(share * length);
  return "█".repeat(full) + "░".repeat(length - full);
}

function pieces(count: number): string {
  return count < 10 && !Number.isInteger(count) ? count.toFixed(1) : String(Math.round(count));
}

function bytes(count: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = count;
  while (value >= 999.95 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${units[0] === "B" ? Math.round(value) : value.toFixed(1)} ${units[0]}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
  return `${Math.floor(whole / 3600)}h${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")}m`;
}
