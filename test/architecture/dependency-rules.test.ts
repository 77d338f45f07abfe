import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { DEPENDENCY_RULES } from "./rules.js";
import { forbiddenImports, starExports, vagueNames } from "./violations.js";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url)).replace(/[/\\]$/, "");

describe("this project", () => {
  it("imports only what the table allows", async () => {
    expect(await forbiddenImports(PROJECT)).toEqual([]);
  });
  it("has no export *", async () => {
    expect(await starExports(PROJECT)).toEqual([]);
  });
  it("has no utils, common or helpers", async () => {
    expect(await vagueNames(PROJECT)).toEqual([]);
  });
});

/** One import that each rule must report: the file, its text, and the other modules it needs. */
const FORBIDDEN: readonly (readonly [rule: string, file: string, text: string])[] = [
  ["domain-is-pure", "domain/image/a.ts", `import { readFile } from "node:fs/promises"; void readFile;`],
  ["domain-is-pure", "domain/image/a.ts", `import type { Stats } from "fs"; export type A = Stats;`],
  ["domain-is-pure", "domain/image/a.ts", `import { DataSource } from "typeorm"; void DataSource;`],
  [
    "domain-is-pure",
    "domain/image/a.ts",
    `import type { P } from "../../infrastructure/persistence/p.js"; export type A = P;`,
  ],
  ["domain-is-pure", "domain/image/a.ts", `export type { U } from "../../src/application/u.js";`],
  ["domain-is-pure", "domain/image/a.ts", `export const a = () => import("../../infrastructure/persistence/p.js");`],
  ["distinction-is-pure", "domain/distinction/a.ts", `import { randomUUID } from "node:crypto"; void randomUUID;`],
  ["distinction-is-pure", "domain/distinction/a.ts", `import { injectable } from "inversify"; void injectable;`],
  ["adapter-persistence", "infrastructure/persistence/a.ts", `import { q } from "../queue/q.js"; void q;`],
  ["adapter-persistence", "infrastructure/persistence/a.ts", `import { Queue } from "bullmq"; void Queue;`],
  ["adapter-memory", "infrastructure/memory/a.ts", `import type { P } from "../persistence/p.js"; export type A = P;`],
  ["adapter-wire", "infrastructure/wire/a.ts", `import { c } from "../../src/composition/c.js"; void c;`],
  ["adapter-signing", "infrastructure/signing/a.ts", `import { injectable } from "inversify"; void injectable;`],
  ["adapter-storage", "infrastructure/storage/a.ts", `import { DataSource } from "typeorm"; void DataSource;`],
  ["adapter-queue", "infrastructure/queue/a.ts", `import { createPool } from "mysql2"; void createPool;`],
  ["adapter-telemetry", "infrastructure/telemetry/a.ts", `import { DataSource } from "typeorm"; void DataSource;`],
  ["adapter-unlisted", "infrastructure/search/a.ts", `import { Client } from "some-vendor"; void Client;`],
  [
    "application-sees-the-domain",
    "src/application/a.ts",
    `import { p } from "../../infrastructure/persistence/p.js"; void p;`,
  ],
  [
    "application-sees-the-domain",
    "src/application/a.ts",
    `import type { DataSource } from "typeorm"; export type A = DataSource;`,
  ],
  ["application-sees-the-domain", "src/application/a.ts", `import { Container } from "inversify"; void Container;`],
  ["entry-points-call-use-cases", "src/cli/a.ts", `import { p } from "../../infrastructure/persistence/p.js"; void p;`],
  ["entry-points-call-use-cases", "src/http/a.ts", `import { l } from "../cli/l.js"; void l;`],
  ["entry-points-use-types-of-the-domain", "src/cli/a.ts", `import { d } from "../../domain/image/d.js"; void d;`],
  [
    "entry-points-use-types-of-the-domain",
    "src/cli/a.ts",
    `import { d, type D } from "../../domain/image/d.js"; void d; export type A = D;`,
  ],
  [
    "entry-points-use-types-of-the-domain",
    "src/cli/a.ts",
    `import type { D } from "../../domain/image/d.js"; import { d } from "../../domain/image/d.js"; void d; export type A = D;`,
  ],
  [
    "entry-points-without-database",
    "src/http/a.ts",
    `import type { DataSource } from "typeorm"; export type A = DataSource;`,
  ],
  ["entry-points-without-database", "src/cli/a.ts", `import Database from "better-sqlite3"; void Database;`],
  ["inversify-in-composition", "src/a.ts", `import { Container } from "inversify"; void Container;`],
  ["tufjs-models-in-wire", "src/a.ts", `import type { Targets } from "@tufjs/models"; export type A = Targets;`],
  ["microdiff-in-distinction", "src/a.ts", `import diff from "microdiff"; void diff;`],
  ["nothing-imports-tests", "src/a.ts", `import { t } from "../test/support/t.js"; void t;`],
  ["no-cycles", "src/a.ts", `import { e } from "./e.js"; void e; export const a = 1;`],
  ["no-cycles", "src/a.ts", `import type { E } from "./e.js"; export type A = E; export const a = 1;`],
];

const SURROUNDINGS = {
  "domain/image/d.ts": `export const d = 1; export type D = number;`,
  "infrastructure/persistence/p.ts": `export const p = 1; export type P = number;`,
  "infrastructure/queue/q.ts": `export const q = 1;`,
  "src/application/u.ts": `export type U = number;`,
  "src/composition/c.ts": `export const c = 1;`,
  "src/cli/l.ts": `export const l = 1;`,
  "src/e.ts": `import { a } from "./a.js"; void a; export const e = 1; export type E = number;`,
  "src/a.ts": `export const a = 1;`,
  "test/support/t.ts": `export const t = 1;`,
};

const ALLOWED = {
  "domain/distinction/a.ts": `import diff from "microdiff"; import { d } from "../image/d.js"; void [diff, d];`,
  "infrastructure/persistence/a.ts": `import { DataSource } from "typeorm"; import type { Pool } from "mysql2"; import { d } from "../../domain/image/d.js"; import { p } from "./p.js"; import "node:fs"; void [DataSource, d, p]; export type A = Pool;`,
  "infrastructure/wire/a.ts": `import { Targets } from "@tufjs/models"; void Targets;`,
  "infrastructure/queue/a.ts": `import { Queue } from "bullmq"; void Queue;`,
  "src/application/a.ts": `import { d } from "../../domain/image/d.js"; import type { U } from "./u.js"; void d; export type A = U;`,
  "src/composition/a.ts": `import { Container } from "inversify"; import { p } from "../../infrastructure/persistence/p.js"; import { d } from "../../domain/image/d.js"; void [Container, p, d];`,
  "src/cli/a.ts": `import { Command } from "commander"; import "node:path"; import { c } from "../composition/c.js"; import type { U } from "../application/u.js"; import type { D } from "../../domain/image/d.js"; import { l } from "./l.js"; void [Command, c, l]; export type A = [U, D];`,
  "test/wire/a.test.ts": `import { Targets } from "@tufjs/models"; import { p } from "../../infrastructure/persistence/p.js"; void [Targets, p];`,
};

describe("the rules can fail", () => {
  const roots: string[] = [];
  afterEach(async () => {
    for (const root of roots.splice(0)) await rm(root, { recursive: true });
  });

  async function tree(files: Readonly<Record<string, string>>): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), "distinction-architecture-"));
    roots.push(root);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), text);
    }
    return root;
  }

  it("and allow what the table allows", async () => {
    const files = { ...SURROUNDINGS, ...ALLOWED, "src/e.ts": "export const e = 1;" };
    expect(await forbiddenImports(await tree(files))).toEqual([]);
  });

  it.each(FORBIDDEN)("%s: %s: %s", async (rule, file, text) => {
    const found = await forbiddenImports(await tree({ ...SURROUNDINGS, [file]: text }));
    expect(found.filter((line) => line.startsWith(`${rule}: ${file} -> `))).not.toEqual([]);
  });

  it("with packages that are installed", async () => {
    const root = await tree({
      "domain/image/a.ts": `import "inversify"; import type { X } from "typeorm"; import "@tufjs/models"; export type A = X;`,
      "src/http/a.ts": `export type A = import("better-sqlite3").Database;`,
    });
    await symlink(join(PROJECT, "node_modules"), join(root, "node_modules"));
    const found = (await forbiddenImports(root)).map((line) => line.replace(/-> .*node_modules\//, "-> "));
    for (const name of ["inversify", "typeorm", "@tufjs/models"]) {
      expect(found).toContainEqual(expect.stringContaining(`domain-is-pure: domain/image/a.ts -> ${name}/`));
    }
    expect(found).toContainEqual(expect.stringContaining("entry-points-without-database: src/http/a.ts -> "));
  });

  it("every one of them", () => {
    const proved = new Set(FORBIDDEN.map(([rule]) => rule));
    expect(DEPENDENCY_RULES.map((rule) => rule.name).filter((name) => !proved.has(String(name)))).toEqual([]);
  });

  it("export *", async () => {
    const root = await tree({
      "src/a.ts": `export * from "./b.js";`,
      "src/b.ts": `// export * from\nexport { c } from "./c.js";`,
      "domain/c.ts": `export type * from "./d.js";`,
    });
    expect(await starExports(root)).toEqual(["domain/c.ts", "src/a.ts"]);
  });

  it("vague names", async () => {
    const vague = [
      "domain/common/a.ts",
      "src/utils.ts",
      "src/string-util.ts",
      "test/helpers/a.test.ts",
      "test/helper.test.ts",
    ];
    const fine = ["domain/common-ancestor.ts", "src/utility-bill.ts"];
    const root = await tree(Object.fromEntries([...vague, ...fine].map((file) => [file, ""])));
    expect(await vagueNames(root)).toEqual([...vague].sort());
  });
});
