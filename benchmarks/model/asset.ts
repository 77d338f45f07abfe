import { nullable, withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { instant } from "../../domain/distinction/types/instant-type.js";
import { boolean, integer } from "../../domain/distinction/types/number-types.js";
import { oneOf, text } from "../../domain/distinction/types/text-types.js";
import { recordType, type NewRecordOf } from "../../domain/distinction/types/record-type.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";

/** A record of ordinary width: with its version, 22 columns. No collections, so that every arm writes one row. */
export const assetType = recordType({
  name: "asset",
  key: "id",
  attributes: {
    id: text(36),
    name: text(255),
    status: withInitial(oneOf("queued", "active", "deactivated"), "queued"),
    visibility: withInitial(oneOf("private", "public", "shared"), "shared"),
    hidden: withInitial(boolean(), false),
    locked: withInitial(boolean(), false),
    disk: withInitial(integer(0), 0),
    ram: withInitial(integer(0), 0),
    owner: nullable(text(255)),
    format: nullable(text(20)),
    container: nullable(text(20)),
    size: nullable(integer(0)),
    length: nullable(integer(0)),
    checksum: nullable(text(32)),
    algorithm: nullable(text(64)),
    digest: nullable(text(128)),
    vendor: nullable(text(100)),
    region: nullable(text(100)),
    remark: nullable(text(500)),
    created: instant(3),
    updated: instant(3),
  },
});

export const assetTable = recordTable(assetType, { name: "bench_assets" });

export function asset(index: number): NewRecordOf<typeof assetType> & { readonly id: string } {
  return {
    id: `asset-${String(index).padStart(8, "0")}`,
    name: `Debian 12 build ${index}`,
    status: "active",
    visibility: "public",
    disk: 20,
    ram: 2048,
    owner: `tenant-${index % 100}`,
    format: "qcow2",
    container: "bare",
    size: 650_117_120 + index,
    length: 2_361_393_152,
    checksum: "4a1b6a92dd0f7b4fc1a4f1a2d5a77d1b",
    algorithm: "sha512",
    digest: `${index}`.padStart(128, "9f86d081884c7d65"),
    vendor: "debian.org",
    region: "eu-central-1",
    remark: `Nightly build number ${index}, promoted after its tests passed.`,
    created: new Date(Date.UTC(2026, 0, 1, 12, 0, 0, 250)),
    updated: new Date(Date.UTC(2026, 5, 1, 8, 30, 0, 125)),
  };
}
