import type { CustomRole } from "../../../domain/tuf/custom-role.js";
import type { ExpiryPolicy } from "../../../domain/tuf/expiry.js";
import type { TufKey } from "../../../domain/tuf/key.js";
import type { NewTufRepository, TufRepository } from "../../../domain/tuf/repository.js";
import type { KeptTrust } from "../../../domain/tuf/trust.js";
import { placeholders } from "../records/record-statements.js";
import type { Row, Statement } from "../connection/session.js";

/** The statements on a repository's own row and what belongs to it, one function each. */

export function insertRepository(repository: NewTufRepository): Statement {
  const { name, bitLength, namePrefix, binsByPrefix = false, expiry } = repository;
  return {
    sql:
      "INSERT INTO tuf_repository (name, bit_length, name_prefix, bins_by_prefix, expiry_policy) " +
      "VALUES (?, ?, ?, ?, ?)",
    parameters: [name, bitLength, namePrefix, binsByPrefix ? 1 : 0, JSON.stringify(expiry)],
  };
}

/** One statement, so that changes of different roles that meet are both kept. */
export function updateExpiry(repository: string, changes: Partial<ExpiryPolicy>): Statement {
  const changed = Object.entries(changes);
  const members = changed.map(
    ([role]) => `, '$.${role}.lifetime', CAST(? AS SIGNED), '$.${role}.renewBefore', CAST(? AS SIGNED)`,
  );
  return {
    sql: `UPDATE tuf_repository SET expiry_policy = JSON_SET(expiry_policy${members.join("")}) WHERE name = ?`,
    parameters: [...changed.flatMap(([, { lifetime, renewBefore }]) => [lifetime, renewBefore]), repository],
    varying: true,
  };
}

/**
 * A repository with its trust, a row per key of a role, as one consistent read. The custom roles come with root only: a list
 * of them can be long.
 */
export function selectRepository(name: string): Statement {
  return {
    sql:
      "SELECT p.bit_length, p.name_prefix, p.expiry_policy, " +
      "x.role, x.threshold, x.version, x.transition_ends, a.key_id, a.retiring, k.keytype, k.scheme, k.public_key, " +
      "CASE WHEN x.role = 'root' THEN p.custom_roles END, t.version, p.bins_by_prefix " +
      "FROM tuf_repository p " +
      "JOIN tuf_role t ON t.repository = p.name AND t.name = 'targets' " +
      "JOIN tuf_role_trust x ON x.repository = p.name " +
      "LEFT JOIN tuf_role_key a ON a.repository = x.repository AND a.role = x.role " +
      "LEFT JOIN tuf_key k ON k.repository = a.repository AND k.key_id = a.key_id " +
      "WHERE p.name = ? ORDER BY x.role, a.position",
    parameters: [name],
  };
}

/** The rows of `selectRepository`; `undefined` where there are none. */
export function readRepository(name: string, rows: readonly Row[]): TufRepository | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const [bitLength, namePrefix, expiry] = first;
  const keys: Record<string, TufKey> = {};
  for (const [keyId, , keytype, scheme, publicKey] of rows.map((row) => row.slice(7, 12))) {
    if (publicKey === null) continue;
    keys[keyId as string] = {
      keytype: keytype as string,
      scheme: scheme as string,
      keyval: { public: publicKey as string },
    };
  }
  return {
    name,
    bitLength: Number(bitLength),
    namePrefix: namePrefix as string,
    ...(Number(first[14]) === 1 ? { binsByPrefix: true } : {}),
    expiry: JSON.parse(expiry as string) as TufRepository["expiry"],
    keys,
    trust: readTrusts(rows),
    customRoles: readCustomRoles(rows.find((row) => row[3] === "root")?.[12]),
    targetsVersion: Number(first[13]),
  };
}

function readTrusts(rows: readonly Row[]): TufRepository["trust"] {
  const roles = new Set(rows.map((row) => row[3] as string));
  const trusts = Array.from(roles, (role) => {
    return [role, readTrust(rows.filter((row) => row[3] === role).map((row) => row.slice(4)))] as const;
  });
  return Object.fromEntries(trusts) as TufRepository["trust"];
}

/** The column `custom_roles`. */
export function readCustomRoles(json: unknown): readonly CustomRole[] {
  return typeof json === "string" ? (JSON.parse(json) as readonly CustomRole[]) : [];
}

function readTrust(rows: readonly Row[]): KeptTrust {
  const [threshold, version, transitionEnds] = rows[0] ?? [];
  const idsOf = (retiring: number): string[] =>
    rows.filter((row) => row[3] !== null && Number(row[4]) === retiring).map((row) => row[3] as string);
  return {
    keyIds: idsOf(0),
    threshold: Number(threshold),
    version: Number(version),
    retiring: idsOf(1),
    transitionEnds: Number(transitionEnds),
  };
}

/** A row for each of these roles that is there; where none is, one of NULL; none without the repository. */
export function selectRoles(repository: string, roles: readonly string[]): Statement {
  return {
    sql:
      "SELECT r.name FROM tuf_repository p LEFT JOIN tuf_role r " +
      `ON r.repository = p.name AND r.name IN (${placeholders(roles.length)}) WHERE p.name = ?`,
    parameters: [...roles, repository],
    varying: roles.length > 1,
  };
}
