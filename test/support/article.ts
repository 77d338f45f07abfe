import { fixed, nullable, withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { binary } from "../../domain/distinction/types/binary-type.js";
import { instant } from "../../domain/distinction/types/instant-type.js";
import { json } from "../../domain/distinction/types/json-type.js";
import { bigint, boolean, decimal, integer } from "../../domain/distinction/types/number-types.js";
import { oneOf, text } from "../../domain/distinction/types/text-types.js";
import { entries, setOf } from "../../domain/distinction/types/collection-type.js";
import { recordType, type RecordOf } from "../../domain/distinction/types/record-type.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";

/** A record with an attribute of every kind, and a collection of every kind. */
export const articleType = recordType({
  name: "article",
  key: "id",
  attributes: {
    id: text(64),
    title: withInitial(text(255), ""),
    body: nullable(text(20_000)),
    views: withInitial(integer(), 0),
    bytes: nullable(bigint()),
    price: nullable(decimal(10, 2)),
    published: withInitial(boolean(), false),
    publishedAt: nullable(instant(3)),
    day: nullable(instant(0)),
    digest: nullable(binary(64)),
    state: withInitial(oneOf("draft", "review", "live"), "draft"),
    metadata: withInitial(json(), {}),
    origin: fixed(withInitial(text(20), "here")),
  },
  collections: {
    labels: entries(text(255), text(2_000)),
    tags: setOf(text(100)),
    files: entries(text(1_024), { length: integer(0), sha256: text(64), custom: nullable(json()) }),
  },
  policies: { views: "sum" },
});

export type Article = RecordOf<typeof articleType>;

export const articleTable = recordTable(articleType, {
  name: "articles",
  entries: {
    labels: { name: "article_labels", keyColumn: "name" },
    tags: { name: "article_tags", keyColumn: "value" },
    files: { name: "article_files", keyColumn: "path", digestColumn: "path_digest" },
  },
});
