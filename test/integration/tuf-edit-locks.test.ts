import { createHash } from "node:crypto";
import { createConnection } from "mysql2/promise";
import { expect, onTestFinished, test } from "vitest";
import { binNames, binOf } from "../../domain/tuf/hash-bins.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { driverUrl } from "../support/server/server-version.js";
import { onServer } from "./backends.js";
import { contentOf, createTufPlace, REPOSITORY, workerAt } from "./tuf-place.js";

const BINS = { bitLength: 8, namePrefix: "bins" };

onServer((testDatabase) => {
  test("edits of all bins but one wait for nobody who holds that one", async () => {
    const { place, remove } = await createTufPlace(testDatabase().url, { bins: BINS });
    onTestFinished(remove);
    const { database, ports } = workerAt(place);
    onTestFinished(() => database.close());
    const rival = await createConnection({ uri: driverUrl(place.url) });
    onTestFinished(() => rival.end());

    const held = binNames(BINS).at(-1)!;
    await rival.beginTransaction();
    await rival.query("SELECT 1 FROM tuf_role WHERE repository = ? AND name = ? FOR UPDATE", [REPOSITORY, held]);
    const targets = new Map(
      onePathPerBin()
        .filter(([bin]) => bin !== held)
        .map(([, path]) => [path, contentOf(path)]),
    );
    const { bins } = await addTargets(ports, REPOSITORY, targets);
    expect(bins).toEqual(binNames(BINS).filter((bin) => bin !== held));
  });
});

function onePathPerBin(): readonly (readonly [bin: string, path: string])[] {
  const paths = new Map<string, string>();
  for (let index = 0; paths.size < 2 ** BINS.bitLength; index++) {
    const path = `packages/${index}.tgz`;
    paths.set(binOf(BINS, createHash("sha256").update(path).digest()), path);
  }
  return [...paths];
}
