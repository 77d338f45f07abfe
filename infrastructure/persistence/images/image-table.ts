import { imageType } from "../../../domain/image/image-type.js";
import { MEMBERS_LINK } from "../../../domain/image/caller-view.js";
import { memberTable } from "./member-table.js";
import { recordTable } from "../records/record-table.js";

/**
 * Where images are stored. Each index serves one filter or order of lists: equal in its first column, then by time of
 * creation and (InnoDB adds the primary key to every index, SQLite's are told) by id, so that a page is read from it as
 * it stands, however many images there are. The last four serve the kinds of images that a caller's list is made of, by the
 * time of their creation and by name; none by `updated_at`, since every write would have to keep it.
 */
export const imageTable = recordTable(imageType, {
  name: "images",
  indexes: {
    images_created_at: ["created_at", "id"],
    images_updated_at: ["updated_at", "created_at", "id"],
    images_name: ["name", "created_at", "id"],
    images_status: ["status", "created_at", "id"],
    images_visibility: ["visibility", "created_at", "id"],
    images_owner: ["owner", "created_at", "id"],
    images_size: ["size", "created_at", "id"],
    images_disk_format: ["disk_format", "created_at", "id"],
    images_container_format: ["container_format", "created_at", "id"],
    images_owned: ["owner", "os_hidden", "created_at", "id"],
    images_owned_name: ["owner", "os_hidden", "name", "created_at", "id"],
    images_visible: ["visibility", "os_hidden", "created_at", "id"],
    images_visible_name: ["visibility", "os_hidden", "name", "created_at", "id"],
  },
  links: { [MEMBERS_LINK]: { table: memberTable, owner: { image_id: "id" } } },
  tombstones: { name: "deleted_images", timeColumn: "deleted_at", attributes: { status: "deleted" } },
  entries: {
    properties: { name: "image_properties", keyColumn: "name" },
    tags: { name: "image_tags", keyColumn: "value" },
    locations: { name: "image_locations", keyColumn: "id" },
  },
});
