import { binsBelow } from "../../../../domain/tuf/custom-role.js";
import { binNames } from "../../../../domain/tuf/hash-bins.js";
import type { BinEdits } from "../../../../domain/tuf/target-edits.js";
import type { EditPorts } from "../targets/edit-bins.js";
import { existingRepository } from "../existing-repository.js";
import { signedTargets } from "../targets/signed-targets.js";
import type { StoredFilePorts } from "../stored-files.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";

export type AcceptStatedPorts = Pick<EditPorts, "edits"> &
  StoredFilePorts & { readonly store: Pick<TufStore, "repository" | "roleStates"> };

const ROLES_AT_A_TIME = 32;
const EDITS_AT_A_TIME = 4_000;

/**
 * Accepts the targets that the newest metadata of custom roles states: others signed it, and nobody has to sign it again.
 * What is accepted already stays as it is, so that repeating the call is safe.
 * @param onTargets told of each batch that is accepted: how many targets it has
 * @throws {TufError} REPOSITORY_NOT_FOUND, CORRUPT_REPOSITORY
 */
export async function acceptStated(
  ports: AcceptStatedPorts,
  name: string,
  onTargets: (targets: number) => void = () => undefined,
): Promise<void> {
  const { customRoles } = await existingRepository(ports.store, name);
  for (const role of customRoles) {
    const bins = binsBelow(role);
    const holders = bins === undefined ? [role.name] : binNames(bins);
    for (let start = 0; start < holders.length; start += ROLES_AT_A_TIME) {
      const stated = await statedEdits(ports, name, role.name, holders.slice(start, start + ROLES_AT_A_TIME));
      for (const some of inBatches(stated)) {
        await ports.edits.accept(name, some);
        onTargets(some.reduce((sum, { edits }) => sum + edits.length, 0));
      }
    }
  }
}

async function statedEdits(
  ports: AcceptStatedPorts,
  name: string,
  space: string,
  holders: readonly string[],
): Promise<readonly BinEdits[]> {
  const states = await ports.store.roleStates(name, holders);
  const stated = await signedTargets(ports, name, states);
  return states.map(({ name: bin, metadataVersion: statedBy }) => {
    const edits = Array.from(stated.get(bin) ?? [], ([path, target]) => {
      return { path, digest: ports.codec.pathDigest(path), target };
    });
    return { bin, space, edits, statedBy };
  });
}

/** Of one role at a time where it holds many. */
function* inBatches(bins: readonly BinEdits[]): Generator<readonly BinEdits[]> {
  let batch: BinEdits[] = [];
  let edits = 0;
  for (const bin of bins) {
    for (let start = 0; start < bin.edits.length; start += EDITS_AT_A_TIME) {
      const some = bin.edits.slice(start, start + EDITS_AT_A_TIME);
      if (edits + some.length > EDITS_AT_A_TIME) {
        yield batch;
        [batch, edits] = [[], 0];
      }
      batch.push({ ...bin, edits: some });
      edits += some.length;
    }
  }
  if (edits > 0) yield batch;
}
