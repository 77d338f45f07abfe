import fc from "./fast-check.js";
import { expect } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { ConflictError } from "../../domain/distinction/errors.js";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import { FakeClock } from "./fake-clock.js";
import { photoType, type Photo } from "./photo.js";
import { edit, equal, merged, modelOf, START, type Edit, type Model, type Rules } from "./photo-model.js";

type Photos = DistinctRepository<typeof photoType>;

/** What a client does with one of its photos, after editing it. */
const then = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("save" as const), rules: fc.constant<Rules>({}) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("save" as const), rules: fc.constant({ strict: true }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("save" as const),
      rules: fc.record({ expect: fc.subarray(["title", "tags", "metadata"] as const, { minLength: 1 }) }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "saveAll" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "update" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "reload" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "remove" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "wait" as const }) },
);

const step = fc.record({
  client: fc.nat(4),
  photo: fc.constantFrom(0, 0, 0, 1),
  edits: fc.array(edit, { maxLength: 4, size: "max" }),
  then,
});

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Two photos, so that batches have something to tell apart. */
const IDS = ["one", "two"] as const;

/** A photo as a client has it. */
interface Held {
  photo: Photo;
  base: Model;
  version: number;
}

/** What a single writer would have stored. */
interface Truth {
  model: Model;
  version: number;
}

/**
 * Random scripts of 2 to 5 clients, whose every call is compared with a serial oracle: what is stored after it, what the
 * caller's object shows, what is refused, and the version, which rises by one with every write that changes something.
 */
export async function clientScript(newStore: (run: number) => Promise<RecordStore>, runs: number): Promise<void> {
  let run = 0;
  const sizes = fc.integer({ min: 2, max: 5 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(step, { maxLength: 40, size: "max" }), async (size, steps) => {
      const script = new Script(await newStore(run), `${run++}`);
      await script.begin(size);
      for (const one of steps) await script.play(one);
      await script.end();
    }),
    { numRuns: runs },
  );
}

class Script {
  readonly #clients: { readonly photos: Photos; readonly held: (Held | undefined)[] }[] = [];
  readonly #truth: (Truth | undefined)[] = [];
  readonly #ids: readonly string[];
  #firstVersion = 1;

  constructor(
    private readonly store: RecordStore,
    run: string,
  ) {
    this.#ids = IDS.map((id) => `${id} ${run}`);
  }

  async begin(size: number): Promise<void> {
    const photos = this.#repository();
    for (const [index, id] of this.#ids.entries()) {
      const photo = photos.create({ ...START, id });
      await photos.add(photo);
      this.#truth[index] = { model: modelOf(photo), version: photos.versionOf(photo) };
    }
    while (this.#clients.length < size) {
      const client = { photos: this.#repository(), held: [] as (Held | undefined)[] };
      this.#clients.push(client);
      for (const index of IDS.keys()) client.held[index] = await this.#load(client.photos, index);
    }
  }

  async play({ client: number, photo: index, edits, then }: Step): Promise<void> {
    const { photos, held } = this.#clients[number % this.#clients.length]!;
    if (then.kind === "update") return this.#update(photos, index, edits);
    const own = (held[index] ??= await this.#load(photos, index));
    if (own === undefined) return this.#add(photos, index);
    for (const { run } of edits) run(own.photo);
    switch (then.kind) {
      case "wait":
        return;
      case "reload":
        held[index] = await this.#load(photos, index, own);
        return;
      case "save":
        held[index] = await this.#save(photos, index, own, then.rules);
        return;
      case "saveAll":
        return this.#saveAll(photos, held);
      case "remove":
        held[index] = await this.#remove(photos, index, own);
    }
  }

  async end(): Promise<void> {
    const photos = this.#repository();
    for (const [index, id] of this.#ids.entries()) {
      const photo = await photos.find(id);
      const truth = this.#truth[index];
      expect(photo && { model: modelOf(photo), version: photos.versionOf(photo) }).toEqual(truth);
    }
  }

  async #load(photos: Photos, index: number, own?: Held): Promise<Held | undefined> {
    const truth = this.#truth[index];
    if (truth === undefined) {
      if (own !== undefined) await expect(photos.reload(own.photo)).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
      else expect(await photos.find(this.#ids[index]!)).toBeUndefined();
      return undefined;
    }
    const photo = own === undefined ? await photos.get(this.#ids[index]!) : await photos.reload(own.photo);
    expect(equal(modelOf(photo), truth.model)).toBe(true);
    return { photo, base: modelOf(photo), version: truth.version };
  }

  /** A photo that was removed is there again, and nobody takes it for the one before. */
  async #add(photos: Photos, index: number): Promise<void> {
    const photo = photos.create({ ...START, id: this.#ids[index]! });
    await photos.add(photo);
    this.#truth[index] = { model: modelOf(photo), version: photos.versionOf(photo) };
    await expect(photos.add(photos.create({ id: this.#ids[index]! }))).rejects.toMatchObject({ code: "RECORD_EXISTS" });
  }

  async #save(photos: Photos, index: number, own: Held, rules: Rules): Promise<Held | undefined> {
    const mine = modelOf(own.photo);
    const options = {
      mode: rules.strict === true ? ("strict" as const) : ("merge" as const),
      expect: rules.expect ?? [],
    };
    const saving = photos.save(own.photo, options);
    const isGuarded = rules.strict === true || rules.expect !== undefined;
    if (equal(own.base, mine) && !isGuarded) {
      expect(await saving).toMatchObject({ written: false, version: own.version });
      return own;
    }
    const truth = this.#truth[index];
    if (truth === undefined) {
      await expect(saving).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
      return undefined;
    }
    const expected = merged(own.base, mine, truth.model, rules);
    if (expected === undefined) {
      await expect(saving).rejects.toBeInstanceOf(ConflictError);
      expect(modelOf(own.photo)).toEqual(mine);
      return own;
    }
    const written = this.#store(truth, expected);
    expect(await saving).toMatchObject({ written, version: truth.version });
    return this.#settled(photos, own, truth);
  }

  /** All of a batch, or nothing; every conflict of every record is told. */
  async #saveAll(photos: Photos, held: (Held | undefined)[]): Promise<void> {
    const batch = [...held.entries()].flatMap(([index, own]) => (own === undefined ? [] : [{ index, own }]));
    const before = batch.map(({ own }) => modelOf(own.photo));
    const saving = photos.saveAll(batch.map(({ own }) => own.photo));
    const plans = batch.map(({ index, own }, place) => {
      const truth = this.#truth[index];
      if (equal(own.base, before[place]!)) return "unchanged" as const;
      return truth === undefined ? ("missing" as const) : (merged(own.base, before[place]!, truth.model) ?? "conflict");
    });
    if (plans.includes("missing") || plans.includes("conflict")) {
      const code = plans.includes("missing") ? "RECORD_NOT_FOUND" : "CONFLICT";
      await expect(saving).rejects.toMatchObject({ code });
      expect(batch.map(({ own }) => modelOf(own.photo))).toEqual(before);
      for (const [place, { index }] of batch.entries()) if (plans[place] === "missing") held[index] = undefined;
      return;
    }
    const results = await saving;
    for (const [place, { index, own }] of batch.entries()) {
      const plan = plans[place]!;
      if (typeof plan === "string") {
        expect(results[place]).toMatchObject({ written: false, version: own.version });
        continue;
      }
      const truth = this.#truth[index]!;
      const written = this.#store(truth, plan);
      expect(results[place]).toMatchObject({ written, version: truth.version });
      held[index] = this.#settled(photos, own, truth);
    }
  }

  async #update(photos: Photos, index: number, edits: readonly Edit[]): Promise<void> {
    let after: Model | undefined;
    const updating = photos.update(this.#ids[index]!, (photo) => {
      for (const { run } of edits) run(photo);
      after = modelOf(photo);
    });
    const truth = this.#truth[index];
    if (truth === undefined) return expect(updating).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
    const result = await updating;
    expect(result).toMatchObject({ written: this.#store(truth, after!), version: truth.version });
  }

  /** A removal takes nothing with it that it has not seen. */
  async #remove(photos: Photos, index: number, own: Held): Promise<Held | undefined> {
    const truth = this.#truth[index];
    const removing = photos.remove(own.photo);
    if (truth === undefined) await expect(removing).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
    else if (truth.version !== own.version) {
      await expect(removing).rejects.toBeInstanceOf(ConflictError);
      return own;
    } else {
      await removing;
      this.#truth[index] = undefined;
    }
    return undefined;
  }

  /** Whether storing `model` is a write. */
  #store(truth: Truth, model: Model): boolean {
    const written = !equal(model, truth.model);
    truth.model = model;
    if (written) truth.version++;
    return written;
  }

  #settled(photos: Photos, { photo }: Held, { model, version }: Truth): Held {
    const base = modelOf(photo);
    expect(base).toEqual(model);
    expect(photos.changes(photo).changes).toEqual([]);
    expect(photos.versionOf(photo)).toBe(version);
    return { photo, base, version };
  }

  /** Each life of a photo has versions of its own, as those that start at the time have. */
  #repository(): Photos {
    const firstVersion = (): number => (this.#firstVersion += 1_000);
    return new DistinctRepository(photoType, this.store, { clock: new FakeClock(), random: () => 0.5, firstVersion });
  }
}
