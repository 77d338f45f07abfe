import { type FileHandle, open } from "node:fs/promises";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import type { Signer } from "../../domain/tuf/signer.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { TufPorts } from "../../src/application/tuf/tuf-repository-service.js";
import { fileByFile } from "../support/file-by-file.js";

/** Told when a worker reaches a failpoint: `store.commitSnapshot`, done. The worker goes on once it answers. */
export type Reached = (failpoint: string) => Promise<void>;

/** Calls that leave something behind, in the database or in storage; the others only learn. */
const WRITES = new Set([
  ...["edits.accept", "keys.generate"],
  ...["store.commitSignedRoles", "store.commitSnapshot", "store.commitTimestamp", "store.recordExport"],
  ...["store.forgetExport", "store.forgetFiles", "files.putAll", "files.replaceTimestamp", "files.remove"],
  ...["trust.openEvent", "trust.addSignature", "trust.cancelEvent", "trust.commitRoot", "trust.commitBinsTrust"],
  ...["trust.commitDelegations", "trust.endTransitions", "trust.revokeKey", "files.restore"],
]);

/**
 * Calls without a failpoint: which keys are at hand, which they stay; and what is written ahead while a commit is under way,
 * for which the commit's own failpoint stands. Frozen inside a transaction a worker would hold up others until the server
 * ends it.
 */
const UNWATCHED = new Set(["keys.load", "files.prepare"]);

export function isWrite(failpoint: string): boolean {
  return WRITES.has(failpoint);
}

/** What is done to open files, of whatever directory: content, and directories that are synced. */
const ON_FILES = ["writeFile", "sync", "close"] as const;

/** Steps on files are counted together, those of one kind in a row once. */
export const DISK = "disk";

/** What is done to names. */
const ON_NAMES = ["link", "rename"] as const;

type Steps<Step extends string> = Record<Step, (...given: unknown[]) => unknown>;

export function isOnDisk(failpoint: string): boolean {
  return failpoint.startsWith(`${DISK}.`);
}

/** Failpoints before and after each of the steps in which files become durable and get their names. */
export async function watchDisk(reached: Reached): Promise<void> {
  const probe = await open(tmpdir());
  watchSteps(Object.getPrototypeOf(probe) as Steps<(typeof ON_FILES)[number]>, ON_FILES, reached);
  await probe.close();
  const fs = createRequire(import.meta.url)("node:fs/promises") as Steps<(typeof ON_NAMES)[number]>;
  watchSteps(fs, ON_NAMES, reached);
  syncBuiltinESMExports(); // for those who imported them by name
}

function watchSteps<Step extends string>(on: Steps<Step>, steps: readonly Step[], reached: Reached): void {
  for (const step of steps) {
    const original = on[step];
    on[step] = async function (this: FileHandle, ...given: unknown[]): Promise<unknown> {
      await reached(`disk.${step}, before`);
      const answer: unknown = await original.apply(this, given);
      await reached(`disk.${step}`);
      return answer;
    };
  }
}

/**
 * The same ports with a failpoint after each call. Every step of a protocol ends in such a call, and between two of them a
 * worker neither learns nor leaves anything: these are all the places at which another one can find its work.
 * @param isFileByFile whether files are put one after the other, with a failpoint after each, or together as they are
 *   otherwise
 */
export function withFailpoints(ports: TufPorts, reached: Reached, isFileByFile = (): boolean => true): TufPorts {
  const keys = watched("keys", ports.keys, reached, (answer) =>
    isSigner(answer) ? watched("signer", answer, reached) : answer,
  );
  const files = watched("files", ports.files, reached);
  return {
    ...ports,
    keys,
    store: watched("store", ports.store, reached),
    trust: watched("trust", ports.trust, reached),
    edits: watched("edits", ports.edits, reached),
    files: new Proxy(files, {
      get: (target, member): unknown =>
        member === "putAll" && isFileByFile() ? fileByFile(files) : Reflect.get(target, member, target),
    }),
    clock: { ...systemClock, now: () => ports.clock.now(), sleep: watched("clock", ports.clock, reached).sleep },
  };
}

function watched<T extends object>(
  name: string,
  port: T,
  reached: Reached,
  wrap: (answer: unknown) => unknown = (answer) => answer,
): T {
  return new Proxy(port, {
    get: (target, member) => {
      const method: unknown = Reflect.get(target, member, target);
      if (typeof method !== "function") return method;
      return async (...parameters: unknown[]): Promise<unknown> => {
        const answer: unknown = await Reflect.apply(method, target, parameters);
        const failpoint = `${name}.${String(member)}`;
        if (!UNWATCHED.has(failpoint)) await reached(failpoint);
        return wrap(answer);
      };
    },
  });
}

function isSigner(answer: unknown): answer is Signer {
  return typeof answer === "object" && answer !== null && "sign" in answer;
}
