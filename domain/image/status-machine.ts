/** What an image is going through (OpenStack Image API v2). */
export const IMAGE_STATUSES = [
  "queued",
  "saving",
  "uploading",
  "importing",
  "active",
  "killed",
  "pending_delete",
  "deleted",
  "deactivated",
] as const;

export type ImageStatus = (typeof IMAGE_STATUSES)[number];

/** Where each status leads. The one table: what callers may do in memory and what statements ask for are read from it. */
export const STATUS_MACHINE: Readonly<Record<ImageStatus, readonly ImageStatus[]>> = {
  queued: ["saving", "uploading", "importing", "active", "deleted"],
  saving: ["active", "killed", "deleted", "queued"],
  uploading: ["importing", "queued", "deleted"],
  importing: ["active", "deleted", "queued"],
  active: ["pending_delete", "deleted", "deactivated"],
  killed: ["deleted"],
  pending_delete: ["deleted", "active"],
  deactivated: ["active", "deleted", "pending_delete"],
  deleted: [],
};

/** To stay is no step either, and what is no status leads nowhere. */
export function canBecome(from: ImageStatus, to: ImageStatus): boolean {
  return Object.hasOwn(STATUS_MACHINE, from) && STATUS_MACHINE[from].includes(to);
}

/** The statuses that lead to `to`. */
export function sourcesOf(to: ImageStatus): readonly ImageStatus[] {
  return IMAGE_STATUSES.filter((from) => canBecome(from, to));
}

/** In which the formats may change. */
export const FORMATS_OPEN: readonly ImageStatus[] = ["queued", "importing"];

/** In which an image may lack its formats. All others handle data, or have it; what is deleted needs nothing. */
export const FORMATLESS: readonly ImageStatus[] = ["queued", "uploading", "deleted"];

/** Whether a step begins to handle data, for which both formats have to be known. */
export function needsFormats(from: ImageStatus, to: ImageStatus): boolean {
  return FORMATLESS.includes(from) && ["saving", "active", "importing"].includes(to);
}
