import type { Signer } from "../../domain/tuf/signer.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { TufPorts } from "../../src/application/tuf-repository-service.js";
import { fileByFile } from "../support/file-by-file.js";

/** Told when a worker reaches a failpoint: `store.commitSnapshot`, done. The worker goes on once it answers. */
export type Reached = (failpoint: string) => Promise<void>;

/** Calls that leave something behind, in the database or in storage; the others only learn. */
const WRITES = new Set([
  ...["edits.accept", "keys.generate"],
  ...["store.commitSignedRoles", "store.commitSnapshot", "store.commitTimestamp", "store.recordExport"],
  ...["store.forgetFiles", "files.putAll", "files.replaceTimestamp", "files.remove"],
  ...["trust.openEvent", "trust.addSignature", "trust.commitRoot", "trust.commitBinsTrust"],
]);

/** Only which keys are at hand, which they stay. */
const LOADS = "keys.load";

export function isWrite(failpoint: string): boolean {
  return WRITES.has(failpoint);
}

/**
 * The same ports with a failpoint after each call. Every step of a protocol ends in such a call, and between two of them a
 * worker neither learns nor leaves anything: these are all the places at which another one can find its work.
 */
export function withFailpoints(ports: TufPorts, reached: Reached): TufPorts {
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
      get: (target, member): unknown => (member === "putAll" ? fileByFile(files) : Reflect.get(target, member, target)),
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
        if (failpoint !== LOADS) await reached(failpoint);
        return wrap(answer);
      };
    },
  });
}

function isSigner(answer: unknown): answer is Signer {
  return typeof answer === "object" && answer !== null && "sign" in answer;
}
