import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Signer } from "../../domain/tuf/signer.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { beginRootCeremony } from "../../src/application/tuf/creation/begin-root-ceremony.js";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { addRootSignature } from "../../src/application/tuf/trust/add-root-signature.js";
import { signatureOf } from "../../src/application/tuf/trust/role-signing.js";
import { signingStatus } from "../../src/application/tuf/trust/signing-status.js";
import { releaseTogether, startChild } from "../support/child.js";
import { onSqlBackends } from "./backends.js";
import { expectSoundAndDone, publishedTargets } from "./tuf-invariants.js";
import { forgetRepositories, REPOSITORY, type TufPlace, type TufWorker, workerAt } from "./tuf-place.js";
import type { SignerOrder } from "./tuf-signer.child.js";

vi.setConfig({ testTimeout: 120_000 });

const SCRIPT = new URL("tuf-signer.child.ts", import.meta.url);
const PEOPLE = 6;
const THRESHOLD = 4;

onSqlBackends((testDatabase) => {
  let directory: string;
  let place: TufPlace;
  let workers: TufWorker[];
  let signers: Signer[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "distinction-signers-"));
    place = { url: testDatabase().url, metadata: join(directory, "metadata"), keys: join(directory, "keys") };
    await forgetRepositories(place.url);
    workers = [];
    const { ports } = another();
    signers = await Promise.all(people().map((keys) => new KeyFiles(keys, ports.codec).generate()));
    const root = { keys: signers.map(({ publicKey }) => publicKey), threshold: THRESHOLD };
    await beginRootCeremony(ports, { name: REPOSITORY, bins: 4, roles: { root } });
  });
  afterEach(async () => {
    for (const { database } of workers) await database.close();
    await rm(directory, { recursive: true });
  });

  const people = () => Array.from({ length: PEOPLE }, (_, person) => join(directory, `person ${person}`));

  function another(): TufWorker {
    const worker = workerAt(place);
    workers.push(worker);
    return worker;
  }

  /** One finalisation, and the root that clients get has enough signatures, each of another person. */
  async function expectFinalisedOnce(): Promise<readonly string[]> {
    const worker = workers[0]!;
    await new PublishTufRepository(worker.ports).publish(REPOSITORY);
    expect(await publishedTargets(worker)).toEqual(new Map());
    await expectSoundAndDone(worker, place);
    const { event } = await signingStatus(worker.ports, REPOSITORY, 1);
    expect(event.state).toBe("finalised");
    const [root] = await worker.ports.store.roleStates(REPOSITORY, ["root"]);
    expect(root?.metadataVersion).toBe(1);
    const bytes = await worker.ports.files.read("1.root.json");
    const published = worker.ports.codec.decode("root", bytes!).signatures.map(({ keyid }) => keyid);
    expect(new Set(published).size).toBe(published.length);
    expect(published.length).toBeGreaterThanOrEqual(THRESHOLD);
    const kept = event.signatures.map(({ keyid }) => keyid).sort();
    expect(kept).toEqual(expect.arrayContaining(published));
    return kept;
  }

  test("signatures of all who sign over several connections at once are kept, and root is made once", async () => {
    const { event } = await signingStatus(another().ports, REPOSITORY);
    await Promise.all(
      signers.map(async (signer) =>
        addRootSignature(another().ports, REPOSITORY, event.number, await signatureOf(signer, event.payload)),
      ),
    );
    expect(await expectFinalisedOnce()).toEqual(signers.map(({ keyId }) => keyId).sort());
  });

  test("signatures of all who sign in processes at once are kept, and root is made once", async () => {
    const children = people().map((keys) => startChild(SCRIPT, { place, keys } satisfies SignerOrder));
    await releaseTogether(children);
    const outcomes = await Promise.all(children.map((child) => child.output));
    const signed = outcomes.filter((outcome) => outcome === "signed").length;
    expect(signed).toBeGreaterThanOrEqual(THRESHOLD);
    // Who looks for an open event once it is complete finds none.
    for (const outcome of outcomes) expect(["signed", "SIGNING_EVENT_NOT_FOUND"]).toContain(outcome);
    expect(await expectFinalisedOnce()).toHaveLength(signed);
  });
});
