import type { TufRepository } from "../../domain/tuf/repository.js";
import type { Row, Statement } from "./session.js";

/** The statements on a repository's own row, one function each. */

export function insertRepository(repository: TufRepository): Statement {
  const { name, bitLength, namePrefix, expiry, keys, trust } = repository;
  return {
    sql:
      "INSERT INTO tuf_repository (name, bit_length, name_prefix, expiry_policy, public_keys, role_trust) " +
      "VALUES (?, ?, ?, ?, ?, ?)",
    parameters: [name, bitLength, namePrefix, JSON.stringify(expiry), JSON.stringify(keys), JSON.stringify(trust)],
  };
}

export function selectRepository(name: string): Statement {
  return {
    sql:
      "SELECT name, bit_length, name_prefix, expiry_policy, public_keys, role_trust " +
      "FROM tuf_repository WHERE name = ?",
    parameters: [name],
  };
}

/** A row of `selectRepository`. */
export function readRepository([name, bitLength, namePrefix, expiry, keys, trust]: Row): TufRepository {
  return {
    name: name as string,
    bitLength: Number(bitLength),
    namePrefix: namePrefix as string,
    expiry: JSON.parse(expiry as string) as TufRepository["expiry"],
    keys: JSON.parse(keys as string) as TufRepository["keys"],
    trust: JSON.parse(trust as string) as TufRepository["trust"],
  };
}

/** One row where the repository is there: with the role's name, or NULL where it has no such role. */
export function selectRole(repository: string, role: string): Statement {
  return {
    sql:
      "SELECT r.name FROM tuf_repository p LEFT JOIN tuf_role r ON r.repository = p.name AND r.name = ? " +
      "WHERE p.name = ?",
    parameters: [role, repository],
  };
}
