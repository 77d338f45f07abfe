import type { RepositoryStatus, RoleStatus } from "../../application/tuf/tuf-repository-status.js";
import { delegationSigningText } from "./delegation-text.js";
import { signingText } from "./signing-text.js";
import { table } from "./table.js";

/**
 * How a repository stands, for people.
 * @param now epoch milliseconds
 */
export function statusText(status: RepositoryStatus, now: number): string {
  const { name, roles, bins, delegations, signing, lastPublishedAt } = status;
  const row = ({ role, metadataVersion, expiresAt, isDue, keys, threshold }: RowStatus): readonly string[] => [
    role,
    metadataVersion === 0 ? "unsigned" : `${metadataVersion}`,
    `${expiry(expiresAt, now)}${isDue ? ", due" : ""}`,
    `${threshold} of ${keys}`,
  ];
  const ofBins = [
    `bins (${bins.bins})`,
    "",
    `${expiry(bins.expiresAt, now)}, the first`,
    `${bins.threshold} of ${bins.keys}`,
  ];
  const last = lastPublishedAt === undefined ? "never published" : `last published ${moment(lastPublishedAt)}`;
  return [
    `repository ${name}, ${last}`,
    "",
    table(["role", "version", "expires", "keys"], [...roles.map(row), ...delegations.map(row), ofBins]),
    "",
    pendingText(status),
    ...(signing === undefined ? [] : [signingText(signing)]),
    ...delegations.flatMap((role) => (role.signing === undefined ? [] : [delegationSigningText(role.signing)])),
  ].join("\n");
}

/** What a top-level role and a custom role have in common. */
type RowStatus = Omit<RoleStatus, "role"> & { readonly role: string };

function pendingText({ bins, delegations, unmerged, isPublished }: RepositoryStatus): string {
  if (isPublished) return "everything is published";
  const unsigned = delegations.filter(({ isUnsigned }) => isUnsigned).map(({ role }) => role);
  const parts = [
    ...(bins.unsigned === 0 ? [] : [`bins with unpublished changes: ${bins.unsigned} of ${bins.bins}`]),
    ...(unsigned.length === 0 ? [] : [`roles with unpublished changes: ${unsigned.join(", ")}`]),
    ...(unmerged === 0 ? [] : [`roles that are signed and in no snapshot: ${unmerged}`]),
  ];
  return parts.length === 0 ? "signed metadata is not published" : parts.join("; ");
}

function expiry(expiresAt: number | undefined, now: number): string {
  if (expiresAt === undefined) return "-";
  return expiresAt <= now ? `${moment(expiresAt)}, expired` : `${moment(expiresAt)}, in ${span(expiresAt - now)}`;
}

function moment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ");
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function span(milliseconds: number): string {
  if (milliseconds >= 2 * DAY) return `${Math.floor(milliseconds / DAY)} days`;
  return milliseconds >= HOUR ? `${Math.floor(milliseconds / HOUR)} h` : `${Math.ceil(milliseconds / 60_000)} min`;
}
