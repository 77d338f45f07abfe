import { corrupt, TufError } from "../../../../domain/tuf/errors.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { Target } from "../../../../domain/tuf/target.js";
import type { FileReference, RoleState } from "../../../../domain/tuf/tuf-store.js";
import { asOf, signedFile, type SigningRun } from "./signing-run.js";
import { isSameTarget, signedTargets } from "../targets/signed-targets.js";
import { TargetPlaces } from "../targets/target-places.js";
import { type Attempt, untilCommitted } from "../until-committed.js";

interface GivenRun extends SigningRun {
  readonly codec: MetadataCodec;
}

export interface GivenSigned {
  readonly rolesSigned: readonly FileReference[];
  /** Paths of which nothing was unpublished. */
  readonly unchanged: readonly string[];
}

interface SignedBin {
  /** `undefined` where nothing was to be signed. */
  readonly file: FileReference | undefined;
  readonly published: ReadonlySet<string>;
}

/**
 * Signs the bins of some paths with what is accepted of these paths, and of all others with what their metadata states.
 * A bin of which more than that is accepted stays dirty.
 */
export async function signGivenTargets(run: GivenRun, paths: Iterable<string>): Promise<GivenSigned> {
  const places = new TargetPlaces(run.repository, run.codec);
  const byBin = new Map<string, string[]>();
  for (const path of paths) {
    const bin = places.ownerOf(path);
    byBin.set(bin, [...(byBin.get(bin) ?? []), path]);
  }
  const rolesSigned: FileReference[] = [];
  const unchanged: string[] = [];
  for (const [bin, ofBin] of byBin) {
    const { file, published } = await untilCommitted(bin, run, () => attempt(run, bin, ofBin));
    if (file !== undefined) rolesSigned.push(file);
    unchanged.push(...ofBin.filter((path) => !published.has(path)));
  }
  return { rolesSigned, unchanged };
}

async function attempt(run: GivenRun, bin: string, paths: readonly string[]): Promise<Attempt<SignedBin>> {
  const { store, codec, repository } = run;
  const [state] = await store.roleStates(repository.name, [bin]);
  if (state === undefined) throw corrupt(`role ${bin} has no state`);
  if (state.signedVersion < state.trustSince && state.kind === "custom") {
    throw new TufError("KEY_NOT_FOUND", `role ${bin} has new keys: publish all of it`);
  }
  if (state.metadataVersion === 0) throw new TufError("KEY_NOT_FOUND", `role ${bin} is new: publish all of it`);
  const before = (await signedTargets(run, repository.name, [state])).get(bin)!;
  const wanted = paths.filter((path) => !isSameTarget(codec, before.get(path), state.targets.get(path)));
  if (wanted.length === 0) return { outcome: "done", value: { file: undefined, published: new Set() } };

  const targets = new Map(before);
  for (const path of wanted) {
    const target = state.targets.get(path);
    if (target === undefined) targets.delete(path);
    else targets.set(path, target);
  }
  const file = await signedFile(await asOf(run), { ...state, targets });
  const signedVersion = isAll(codec, state, targets) ? state.version : state.signedVersion;
  // A custom role's file is good under the keys that `targets` states; bins have former keys sign along.
  const trustSince = state.kind === "custom" ? { trustSince: state.trustSince } : {};
  const outcome = await store.commitSignedRoles(repository.name, [{ file, signedVersion, ...trustSince }]);
  if (outcome === "stale") return { outcome, metadataVersion: state.metadataVersion };
  run.onCommitted?.(file);
  const reference = { role: bin, metadataVersion: file.metadataVersion };
  return { outcome: "done", value: { file: reference, published: new Set(wanted) } };
}

function isAll(
  codec: Pick<MetadataCodec, "members">,
  { targets: accepted }: RoleState,
  targets: ReadonlyMap<string, Target>,
): boolean {
  if (accepted.size !== targets.size) return false;
  return [...accepted].every(([path, target]) => isSameTarget(codec, targets.get(path), target));
}
