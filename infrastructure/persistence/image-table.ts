import { imageType } from "../../domain/image/image-type.js";
import { recordTable } from "./record-table.js";

export const imageTable = recordTable(imageType, {
  name: "images",
  entries: {
    properties: { name: "image_properties", keyColumn: "name" },
    tags: { name: "image_tags", keyColumn: "value" },
  },
});
