import { LATE } from "../../domain/tuf/publish-plan.js";
import type { ExportPosition, FileReference, LateExport } from "../../domain/tuf/tuf-store.js";
import { fileKey, type FileRow, type RepositoryRows } from "./tuf-state.js";

/** What no client needs any more, in the twin of the database. */
export function oldFiles({ files, differences, exported }: RepositoryRows, time: number): FileReference[] {
  const line = (role: "snapshot" | "timestamp"): number => {
    const stored = [...files.values()].filter(
      (file) => file.role === role && file.storedAt <= time && file.metadataVersion <= exported[role],
    );
    return Math.max(0, ...stored.map(({ metadataVersion }) => metadataVersion));
  };
  const kept = new Map([
    ["snapshot", line("snapshot")],
    ["timestamp", line("timestamp")],
  ]);
  for (const [version, changed] of [...differences].sort(([left], [right]) => left - right)) {
    if (version <= line("snapshot")) for (const [role, { to }] of changed) kept.set(role, to);
  }
  const isOld = ({ role, metadataVersion }: FileRow): boolean => metadataVersion < (kept.get(role) ?? 0);
  const top = ["snapshot", "timestamp"];
  return [...files.values()]
    .filter(isOld)
    .map(({ role, metadataVersion }) => ({ role, metadataVersion }))
    .sort((left, right) => top.indexOf(left.role) - top.indexOf(right.role));
}

export function forgetFiles(rows: RepositoryRows, files: readonly FileReference[]): void {
  for (const { role, metadataVersion } of files) {
    rows.files.delete(fileKey(role, metadataVersion));
    if (role !== "snapshot") continue;
    for (const version of rows.differences.keys()) {
      if (version <= metadataVersion + 1) rows.differences.delete(version);
    }
  }
}

/** See `LateExport`. */
export function delayFiles(
  { files }: RepositoryRows,
  upTo: Pick<ExportPosition, "snapshot" | "timestamp">,
  { at, after }: LateExport,
): void {
  for (const [key, file] of files) {
    const { role, metadataVersion, storedAt } = file;
    if (role !== "snapshot" && role !== "timestamp") continue;
    if (metadataVersion <= after[role] || metadataVersion > upTo[role]) continue;
    if (storedAt < at - LATE) files.set(key, { ...file, storedAt: at });
  }
}
