import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Progress, type ProgressOptions } from "../../src/cli/progress.js";

const ROWS = 5;

const CLEARED = "\r\u001B[K";

/** What one sees of these bytes on a terminal of a few rows. It knows no sequence but the one that a bar needs. */
function shown(bytes: string): string[] {
  const rows = bytes.split("\n").map((row) => row.split(CLEARED).at(-1)!);
  const rest = bytes.replaceAll(CLEARED, "");
  if (rest.includes("\r") || rest.includes("\u001B")) throw new Error("what this does depends on the rows above");
  return rows.slice(-ROWS);
}

describe("progress on a terminal", () => {
  let bytes: string;
  beforeEach(() => {
    bytes = "";
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  function begun(total: number | undefined, options: ProgressOptions = {}): Progress {
    const stream = new Writable({ write: (chunk: Buffer, _, done) => (void (bytes += chunk.toString()), done()) });
    const output = Object.assign(stream, { isTTY: true, columns: 60 }) as unknown as NodeJS.WriteStream;
    return new Progress("moving", total, { ...options, output });
  }

  test("more lines than the terminal has rows stand above the bar, and what follows below it", () => {
    const progress = begun(10);
    for (let line = 1; line <= 10; line++) {
      progress.advance();
      progress.say(`line ${line}`);
      vi.advanceTimersByTime(250);
    }
    expect(shown(bytes)).toEqual([
      "line 7",
      "line 8",
      "line 9",
      "line 10",
      expect.stringMatching(/^moving █.* 10\/10/) as string,
    ]);
    progress.finish();
    bytes += "10 moved\n$ ";
    const bar = expect.stringMatching(/^moving █.* 10\/10/) as string;
    expect(shown(bytes)).toEqual(["line 9", "line 10", bar, "10 moved", "$ "]);
  });

  test("a bar that leaves nothing leaves nothing, and one that is stopped stands where it was", () => {
    const gone = begun(10, { leaves: "nothing" });
    gone.say("told");
    gone.stop();
    expect(shown(bytes)).toEqual(["told", ""]);
    const stopped = begun(4);
    stopped.advance(2);
    stopped.stop();
    stopped.stop();
    expect(shown(bytes)).toEqual(["told", expect.stringMatching(/ 2\/4 /) as string, ""]);
  });
});
