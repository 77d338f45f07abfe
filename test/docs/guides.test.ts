import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { onServer } from "../integration/backends.js";
import { driverUrl, serverVersion } from "../support/server/server-version.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const guides = fileURLToPath(new URL("../../docs/guides/", import.meta.url));

/** What each guide's samples print, one after another as one program. */
const PRINTED: Readonly<Record<string, string>> = {
  "from-typeorm-save.md": `New 2 [ 'sea', 'dusk' ]
true
{
  subject: 'title',
  path: 'title',
  policy: 'reject',
  original: 'New',
  mine: 'Mine',
  theirs: 'Theirs'
}
[ 'Theirs' ]
true 1
true
[ 'bob', 'ann' ]
2 2
`,
  "keep-image-records.md": `Debian 13.1 arm64
properties["arch"] arm64
[ { path: 'status', reason: 'active cannot become queued' } ]
[ [ 'Debian 13.1', 'linux,stable' ] ] undefined
undefined
1 0
0 1
bob
line 2: image 1b4e28ba-2fa1-11d2-883f-0016d3cca429: is to be its caller's own
{ imported: 1, existing: 0, different: 0, removed: 0, bad: 1 }
Debian 13
`,
  "see-what-happens.md": `account a: somebody came first, try 2
account a: 1 changes written
2
SELECT "version", "id", "owner", "token", "logins" FROM "accounts" WHERE "id" = ? a 1
UPDATE "accounts" SET "token" = ?, "version" = "version" + 1 WHERE "id" = ? AND "version" = ? [secret] 1
account a: 1 changes written
[ 'owner by reject' ]
account a: refused owner (reject),token (reject)
[
  {
    subject: 'owner',
    path: 'owner',
    policy: 'reject',
    original: 'ann',
    mine: 'bob',
    theirs: 'cy'
  },
  {
    subject: 'token',
    path: 'token',
    policy: 'reject',
    original: '[secret]',
    mine: '[secret]',
    theirs: '[secret]'
  }
]
distinction.saves 1 { record: 'account', written: true }
[ 'distinction.get', 'distinction.save', 'distinction.update' ]
`,
};

test.each(Object.keys(PRINTED))("the samples of %s run as they stand", async (name) => {
  expect(await printed(name)).toBe(PRINTED[name]);
});

describe("the samples on entities", () => {
  onServer((place) => {
    test.each(["mysql", "mariadb"])("run on a server, too, as %s", async (type) => {
      const { url } = place();
      if (type === "mariadb" && !/mariadb/i.test(await serverVersion(url))) return; // TypeORM uses what MySQL has not
      const server = `type: "${type}", url: "${driverUrl(url)}", dropSchema: true,`;
      const name = "from-typeorm-save.md";
      const file = /type: "better-sqlite3",[^\n]*\n\s*database: ":memory:",/;
      expect(await printed(name, (program) => program.replace(file, server))).toBe(PRINTED[name]);
    });
  });
});

async function printed(name: string, changed = (program: string) => program): Promise<string> {
  expect(await readdir(guides)).toContain(name);
  const text = await readFile(guides + name, "utf8");
  const samples = Array.from(text.matchAll(/^```ts\n(.*?)^```/gms), ([, code]) => code!);
  const directory = await mkdtemp(`${root}test/docs/.guide-`);
  try {
    const program = samples
      .join("\n")
      .replaceAll('from "distinction"', 'from "../../../src/index.js"')
      .replaceAll(/from "distinction\/(\w+)"/g, 'from "../../../src/$1.js"');
    await writeFile(`${directory}/guide.ts`, changed(program));
    const compilerOptions = { experimentalDecorators: true, module: "NodeNext", target: "ES2023" };
    await writeFile(`${directory}/tsconfig.json`, JSON.stringify({ compilerOptions, include: ["guide.ts"] }));
    const env = { ...process.env, TSX_TSCONFIG_PATH: `${directory}/tsconfig.json` };
    const run = promisify(execFile)(process.execPath, ["--import", "tsx", `${directory}/guide.ts`], { cwd: root, env });
    return (await run).stdout;
  } finally {
    await rm(directory, { recursive: true });
  }
}
