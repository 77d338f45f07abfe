import { afterEach, beforeEach, expect, test } from "vitest";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import { SqlTargetEdits } from "../../infrastructure/persistence/tuf/sql-target-edits.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { type PublishReport, PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { Fuse } from "../application/fuse.js";
import { onSqlBackends } from "./backends.js";
import { expectSoundAndDone, publishedTargets } from "./tuf-invariants.js";
import {
  contentOf,
  createTufPlace,
  forgetRepositories,
  REPOSITORY,
  type TufPlace,
  type TufWorker,
  workerAt,
} from "./tuf-place.js";

const MINUTES = 120_000;

onSqlBackends((testDatabase, backend) => {
  let place: TufPlace;
  let remove: () => Promise<void>;
  let workers: TufWorker[];

  beforeEach(async () => {
    workers = [];
    await forgetRepositories(testDatabase().url);
    ({ place, remove } = await createTufPlace(testDatabase().url));
  });
  afterEach(async () => {
    for (const { database } of workers) await database.close();
    await remove();
  });

  function another(): TufWorker {
    const made = workerAt(place);
    workers.push(made);
    return made;
  }

  const add = ({ ports }: TufWorker, ...paths: readonly string[]) =>
    addTargets(ports, REPOSITORY, new Map(paths.map((path) => [path, contentOf(path)])));
  const publish = async ({ ports }: TufWorker): Promise<PublishReport> => {
    const publisher = new PublishTufRepository(ports);
    const report = await publisher.publish(REPOSITORY);
    await publisher.recorded(REPOSITORY);
    return report;
  };
  const delegate = ({ ports }: TufWorker, role: string, bins?: number) =>
    addDelegation(ports, REPOSITORY, { role, paths: [`${role}/*`], ...(bins === undefined ? {} : { bins }) });
  const rotate = async ({ ports }: TufWorker, role: string) => {
    const { trust } = (await ports.store.repository(REPOSITORY))!;
    await changeTrust(ports, REPOSITORY, replaceKey([role], trust[role]!.keyIds[0]!, await ports.keys.generate()));
  };
  const holding = (paths: readonly string[]) => new Map(paths.map((path) => [path, contentOf(path).sha256]));

  test(
    "every published state verifies while several workers add roles, change keys, add targets and publish",
    async () => {
      const [watcher, admin, ...adders] = Array.from({ length: 5 }, another) as [TufWorker, TufWorker, ...TufWorker[]];
      let working = true;
      const watching = (async () => {
        while (working) await publishedTargets(watcher);
      })();
      watching.catch(() => undefined); // reported where it is awaited
      const changes = async () => {
        for (const role of ["x", "y", "z"]) {
          await delegate(admin, role, role === "z" ? 4 : undefined);
          await add(admin, ...ofZ.map((path) => path.replace("z", role === "z" ? "z" : "w")));
          await publish(admin);
          await rotate(admin, role);
          await rotate(admin, "bins");
          await publish(admin);
        }
      };
      const ofZ = Array.from({ length: 8 }, (_, index) => `z/${index}`);
      const adding = adders.map(async (adder, index) => {
        for (let round = 0; round < 8; round++) {
          await add(adder, `x/${index}-${round}`, `y/${index}-${round}`, `other/${index}-${round}`);
          await publish(adder);
        }
      });
      await Promise.all([changes(), ...adding]);
      await publish(admin);
      working = false;
      await watching;
      const paths = adders.flatMap((_, index) =>
        Array.from({ length: 8 }, (__, round) => ["x", "y", "other"].map((role) => `${role}/${index}-${round}`)).flat(),
      );
      const more = ofZ.flatMap((path) => [path, path.replace("z", "w")]);
      expect(await publishedTargets(watcher)).toEqual(holding([...paths, ...more]));
      await expectSoundAndDone(admin, place);
    },
    MINUTES,
  );

  // With bins below it, a role takes every step that one without takes, and more.
  test.each(backend === "SQLite" ? [undefined, 2] : [2])(
    "a publisher that dies at any step of a change leaves what verifies, and what the next one completes (%s bins)",
    async (bins) => {
      const admin = another();
      const steps = [
        () => delegate(admin, "team", bins),
        () => add(admin, "team/a"),
        () => rotate(admin, "team"),
        () => removeDelegation(admin.ports, REPOSITORY, "team", { withTargets: true }),
      ];
      await add(admin, "kept");
      await publish(admin);
      for (let calls = 1, survived = 0; survived < steps.length; calls++) {
        await steps[calls % steps.length === 0 ? 3 : (calls % steps.length) - 1]!();
        const fuse = new Fuse(Math.ceil(calls / steps.length), calls % 2 === 0 ? "before" : "after");
        const { store, trust, files } = admin.ports;
        const guarded = { store: fuse.guard(store), trust: fuse.guard(trust), files: fuse.guard(files) };
        await publish({ ...admin, ports: { ...admin.ports, ...guarded } }).catch(() => undefined);
        survived = fuse.blown ? 0 : survived + 1;
        expect((await publishedTargets(admin)).get("kept")).toBe(contentOf("kept").sha256);
        await publish(admin);
      }
      await publish(admin);
      await expectSoundAndDone(admin, place);
    },
    MINUTES,
  );

  test.each([undefined, 4])(
    "targets of a role are found, whenever another worker removed it (%s bins)",
    async (bins) => {
      const [one, two] = [another(), another()];
      await delegate(one, "team", bins);
      await publish(one);
      const removal = removeDelegation(two.ports, REPOSITORY, "team", { withTargets: true });
      const added = await Promise.allSettled(Array.from({ length: 6 }, (_, index) => add(one, `team/${index}`)));
      await removal;
      for (const outcome of added) {
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "UNKNOWN_ROLE" });
      }
      await add(one, "team/last");
      await publish(one);
      expect((await publishedTargets(one)).has("team/last")).toBe(true);
      await expectSoundAndDone(one, place);
    },
  );

  test.each([
    [undefined, 2],
    [2, undefined],
    [2, 4],
  ])("an edit that a role with other bins overtakes is refused whole (%s, then %s bins)", async (before, after) => {
    const worker = another();
    await delegate(worker, "team", before);
    const { database, ports } = worker;
    const overtaken = new SqlTargetEdits({
      layout: (table, transaction) => database.layout(table, transaction),
      hasFixedView: database.hasFixedView,
      dialect: () => database.dialect(),
      session: (work) => database.session(work),
      transaction: async (work) => {
        await removeDelegation(ports, REPOSITORY, "team");
        await delegate(worker, "team", after);
        return database.transaction(work);
      },
    });
    // Of all leading bits, so that with other bins some belong elsewhere.
    const paths = Array.from({ length: 16 }, (_, index) => `team/${index}`);
    await expect(add({ ...worker, ports: { ...ports, edits: overtaken } }, ...paths)).rejects.toThrow();
    await publish(worker);
    expect(await publishedTargets(worker)).toEqual(new Map());
    await add(worker, ...paths);
    await publish(worker);
    expect(await publishedTargets(worker)).toEqual(holding(paths));
    await expectSoundAndDone(worker, place);
  });
});
