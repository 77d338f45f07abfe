import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

// The peers are installed when somebody first runs the benchmarks, and again when their versions changed.
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const installed = here("node_modules/.package-lock.json");
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(here("package-lock.json")).mtimeMs) {
  const { status } = spawnSync("npm", ["--prefix", here("."), "ci"], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
