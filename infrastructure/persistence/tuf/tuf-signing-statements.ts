import type { Signature } from "../../../domain/tuf/metadata-document.js";
import type { NewSigningEvent, SigningEvent, SigningEventState } from "../../../domain/tuf/signing-event.js";
import type { Row, Statement } from "../connection/session.js";

/** The statements on signing events and their signatures, one function each. */

/** Fails where an event is open for the role: `open_role` is unique, and NULL once the event is closed. */
export function insertEvent(
  repository: string,
  { role, signedVersion, metadataVersion, expiresAt, payload }: NewSigningEvent,
): Statement {
  return {
    sql:
      "INSERT INTO tuf_signing_event " +
      "(repository, number, role, signed_version, metadata_version, expires_at, state, open_role, payload) " +
      "SELECT ?, COALESCE(MAX(number), 0) + 1, ?, ?, ?, ?, 'open', ?, ? FROM tuf_signing_event WHERE repository = ?",
    parameters: [
      repository,
      role,
      signedVersion,
      metadataVersion,
      expiresAt,
      role,
      Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
      repository,
    ],
  };
}

const EVENT =
  "SELECT e.number, e.role, e.metadata_version, e.expires_at, e.state, e.payload, s.key_id, s.signature, e.signed_version " +
  "FROM tuf_signing_event e LEFT JOIN tuf_signature s ON s.repository = e.repository AND s.event = e.number " +
  "WHERE e.repository = ? AND ";

/** An event with its signatures, as one consistent read. */
export function selectEvent(repository: string, number: number): Statement {
  return { sql: `${EVENT}e.number = ? ORDER BY s.key_id`, parameters: [repository, number] };
}

export function selectOpenEvent(repository: string, role: string): Statement {
  return { sql: `${EVENT}e.open_role = ? ORDER BY s.key_id`, parameters: [repository, role] };
}

/** The rows of `selectEvent`. */
export function readEvent(rows: readonly Row[]): SigningEvent | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const [number, role, metadataVersion, expiresAt, state, payload] = first;
  const signedVersion = first[8];
  return {
    number: Number(number),
    role: role as string,
    signedVersion: Number(signedVersion),
    metadataVersion: Number(metadataVersion),
    expiresAt: Number(expiresAt),
    state: state as SigningEventState,
    payload: payload as Buffer,
    signatures: rows
      .filter((row) => row[6] !== null)
      .map((row) => ({ keyid: row[6] as string, sig: row[7] as string })),
  };
}

/** Fails where the key has signed already. */
export function insertSignature(repository: string, number: number, { keyid, sig }: Signature): Statement {
  return {
    sql: "INSERT INTO tuf_signature (repository, event, key_id, signature) VALUES (?, ?, ?, ?)",
    parameters: [repository, number, keyid, sig],
  };
}

/** Compare-and-set: closes an event that is open. */
export function closeEvent(repository: string, number: number, state: Exclude<SigningEventState, "open">): Statement {
  return {
    sql: "UPDATE tuf_signing_event SET state = ?, open_role = NULL WHERE repository = ? AND number = ? AND state = 'open'",
    parameters: [state, repository, number],
  };
}

/** Closes whatever event is open for the role. */
export function cancelOpenEvent(repository: string, role: string): Statement {
  return {
    sql: "UPDATE tuf_signing_event SET state = 'cancelled', open_role = NULL WHERE repository = ? AND open_role = ?",
    parameters: [repository, role],
  };
}
