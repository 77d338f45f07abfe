import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { binNames, binOf } from "../../domain/tuf/hash-bins.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { importTufRepository } from "../../src/application/tuf/import/import-tuf-repository.js";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { ForeignPlace } from "../conformance/foreign-place.js";
import { foreignKey, foreignPemKey, foreignTarget } from "../conformance/foreign-repository.js";
import { digestOf } from "../contract/tuf-store-fixture.js";
import { onSqlBackends } from "./backends.js";
import { contentOf, pathsOf, workerAt } from "./tuf-place.js";

const BELOW = { bitLength: 2, namePrefix: "wheels" };

onSqlBackends((testDatabase) => {
  test("custom roles with keys of any name, others and bins below them are taken over although the import was cut off", async () => {
    const place = await ForeignPlace.make();
    const { writer } = place;
    const metadata = join(place.directory, "metadata");
    const { database, ports } = workerAt({ url: testDatabase().url, metadata, keys: join(place.directory, "keys") });
    for (const role of ["targets", "snapshot", "timestamp"] as const) await ports.keys.importKey(writer.keys[role].pem);
    const [team, inner, wheels] = [foreignPemKey("the-team's-key", "ecdsa"), foreignKey(), foreignKey()];
    const paths = {
      own: pathsOf("files", 40),
      team: Array.from({ length: 300 }, (_, index) => `team/${index}`),
      inner: Array.from({ length: 100 }, (_, index) => `team/inner-${index}`),
      wheels: Array.from({ length: 200 }, (_, index) => `${index}.whl`),
    };
    const targetsAt = (given: readonly string[]) =>
      Object.fromEntries(given.map((path) => [path, foreignTarget(path)]));
    const succinct = { keyids: [wheels.keyId], threshold: 1, bit_length: 2, name_prefix: "wheels" };
    await writer.root(1);
    const below = { name: "inner", keyids: [inner.keyId], threshold: 1, terminating: false, paths: ["team/inner-*"] };
    await writer.targets("team", 4, targetsAt(paths.team), { keys: writer.keysOf(inner), roles: [below] }, [team]);
    await writer.targets("inner", 2, targetsAt(paths.inner), undefined, [inner]);
    await writer.targets("wheels", 5, {}, { keys: writer.keysOf(wheels), succinct_roles: succinct }, [wheels]);
    for (const bin of binNames(BELOW)) {
      const held = paths.wheels.filter((path) => binOf(BELOW, digestOf(path)) === bin);
      await writer.targets(bin, 6, targetsAt(held), undefined, [wheels]);
    }
    const roles = [
      { name: "team", keyids: [team.keyId], threshold: 1, terminating: true, paths: ["team/*"] },
      { name: "wheels", keyids: [wheels.keyId], threshold: 1, terminating: false, paths: ["*.whl"] },
    ];
    await writer.targets("targets", 9, targetsAt(paths.own), { keys: writer.keysOf(team, wheels), roles });
    await writer.snapshot(23, 41);
    await place.show();
    const client = await place.client();
    const some = Object.values(paths).flatMap((all) => all.slice(0, 3));
    expect(await client.download(...some)).toEqual(some);

    const request = { name: "imported", bins: 16 };
    for (const lost of [1, 2, 3]) {
      let calls = 0;
      const accept: typeof ports.edits.accept = (name, bins) => {
        return ++calls === lost ? Promise.reject(new Error("lost")) : ports.edits.accept(name, bins);
      };
      const cutOff = importTufRepository({ ...ports, source: place.source, edits: { accept } }, request);
      await expect(cutOff).rejects.toThrow("lost");
      expect(await ports.trust.releasedRoot("imported")).toBe(0);
    }
    const report = await importTufRepository({ ...ports, source: place.source }, request);
    expect(report).toMatchObject({ targets: 640, customRoles: ["team", "inner", "wheels"], expired: [] });
    const kept = ["4.team.json", "2.inner.json", "5.wheels.json", ...binNames(BELOW).map((bin) => `6.${bin}.json`)];
    for (const file of kept) {
      expect(await readFile(join(metadata, file))).toEqual(await readFile(join(writer.directory, file)));
    }
    const show = () => place.show(metadata);
    await show();
    expect(await client.download(...some)).toEqual(some);
    const publisher = new PublishTufRepository(ports);
    expect(await publisher.publish("imported")).toMatchObject({ rolesSigned: [], awaiting: [], committed: "nothing" });

    await ports.keys.importKey(team.pem);
    await ports.keys.importKey(inner.pem);
    await ports.keys.importKey(wheels.pem);
    const added = ["files/new", "team/new", "team/inner-new", "new.whl", "late/1"];
    await addDelegation(ports, "imported", { role: "late", paths: ["late/*"], before: "team" });
    await addTargets(ports, "imported", new Map(added.map((path) => [path, contentOf(path)])));
    await publisher.publish("imported");
    await show();
    expect(await client.download(...added, ...some)).toEqual([...added, ...some]);

    const found: string[] = [];
    for await (const { path } of verifyTufRepository(ports, Date.now())) found.push(path);
    expect(found.sort()).toEqual([...added, ...Object.values(paths).flat()].sort());
    await database.close();
    await place.remove();
  });
});
