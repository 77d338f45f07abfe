import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { DISTINCTION_ERROR_CODES } from "../../domain/distinction/errors.js";
import { TUF_ERROR_CODES } from "../../domain/tuf/errors.js";

const sections = (await readFile(new URL("../../docs/errors.md", import.meta.url), "utf8")).split("\n## ").slice(1);

describe("docs/errors.md documents exactly the codes that exist", () => {
  test.each([
    ["`DistinctionError`", DISTINCTION_ERROR_CODES],
    ["`TufError`", TUF_ERROR_CODES],
  ])("%s", (heading, codes) => {
    const section = sections.find((text) => text.startsWith(heading)) ?? "";
    const documented = Array.from(section.matchAll(/^\| `([A-Z_]+)` \|/gm), ([, code]) => code);
    expect(documented).toEqual([...codes]);
  });
});
