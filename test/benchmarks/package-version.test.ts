import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageVersion } from "../../benchmarks/package-version.js";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "distinction-packages-"));
  install("driver", "3.24.5");
  install("@peer/shares", "6.0.0");
  install("@peer/brings", "6.1.0");
  install("@peer/brings/node_modules/driver", "3.20.0");
});
afterAll(() => rmSync(folder, { recursive: true }));

function install(path: string, version: string): void {
  const place = join(folder, "node_modules", path);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), JSON.stringify({ version, exports: {} }));
}

test.each([
  ["driver", undefined, "3.24.5"],
  ["driver", "@peer/shares", "3.24.5"],
  ["driver", "@peer/brings", "3.20.0"],
  ["@peer/brings", undefined, "6.1.0"],
  ["absent", undefined, "not installed"],
  ["driver", "absent", "not installed"],
])("%s, of %s, is the one that it gets: %s", (name, of, version) => {
  expect(packageVersion(name, join(folder, "file.js"), of)).toBe(version);
});
