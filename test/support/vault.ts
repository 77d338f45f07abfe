import { nullable, secret, withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { json } from "../../domain/distinction/types/json-type.js";
import { bigint, decimal, integer } from "../../domain/distinction/types/number-types.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { entries, setOf } from "../../domain/distinction/types/collection-type.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import { recordType, type RecordOf } from "../../domain/distinction/types/record-type.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";

/** A record with secrets in every place that can hold one. Each secret value of a test contains `SECRET` or 77007700. */
export const vaultType = recordType({
  name: "vault",
  key: "id",
  attributes: {
    id: text(64),
    name: withInitial(text(255), ""),
    views: withInitial(integer(), 0),
    left: withInitial(integer(), 0),
    right: withInitial(integer(), 0),
    settings: withInitial(json<JsonValue>(), {}),
    password: nullable(secret(text(255))),
    pin: nullable(secret(integer())),
    balance: nullable(secret(bigint())),
    price: nullable(secret(decimal(10, 2))),
    keys: withInitial(secret(json<JsonValue>()), {}),
  },
  collections: {
    properties: entries(text(100), text(255)),
    labels: setOf(text(100)),
    accounts: entries(text(100), { user: text(100), token: nullable(secret(text(100))) }),
    codes: setOf(secret(text(100))),
  },
  policies: { views: "sum" },
  groups: [["left", "right"]],
});

export type Vault = RecordOf<typeof vaultType>;

export const vaultTable = recordTable(vaultType, {
  name: "vaults",
  entries: {
    properties: { name: "vault_properties", keyColumn: "name" },
    labels: { name: "vault_labels", keyColumn: "value" },
    accounts: { name: "vault_accounts", keyColumn: "name" },
    codes: { name: "vault_codes", keyColumn: "code", digestColumn: "code_digest" },
  },
});

/** Whether a text shows any of the secrets. */
export const SHOWS_SECRET = /SECRET|77007700/;
