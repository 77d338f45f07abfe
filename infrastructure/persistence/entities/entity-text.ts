import { isIPv4, isIPv6 } from "node:net";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { json } from "../../../domain/distinction/types/json-type.js";
import type { JsonText } from "../../../domain/distinction/json/json-text.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { describeValue } from "../../../domain/distinction/types/type-name.js";
import { fitsUtf8, utf8Length } from "../../../domain/distinction/types/utf8-length.js";

/** Entity values that are text in the database, with limits of their own. */

/** TINYTEXT to LONGTEXT, whose limits the servers count in bytes. */
export function textOfBytes(max: number): AttributeType<string> {
  const base = text(max);
  return { ...base, fault: (value) => base.fault(value) ?? bytesFault(value as string, max, "a string") };
}

/** JSON kept in a column of text. */
export function jsonOfBytes(max: number): AttributeType {
  return {
    ...json(),
    initial: undefined,
    excess: (captured) => (captured === null ? undefined : bytesFault((captured as JsonText).text, max, "JSON")),
  };
}

function bytesFault(value: string, max: number, what: string): string | undefined {
  return fitsUtf8(value, max) ? undefined : `at most ${max} bytes in UTF-8, got ${what} of ${utf8Length(value)}`;
}

/** CHAR: the server takes spaces at the end for its own padding. */
export function unpadded(type: AttributeType<string>): AttributeType<string> {
  return { ...type, capture: (value) => (value as string).replace(/ +$/, "") };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** MariaDB's UUID, which it gives in lower case. */
export function uuidText(): AttributeType<string> {
  return { ...formed(36, "a UUID", (value) => UUID.test(value)), capture: (value) => (value as string).toLowerCase() };
}

/** MariaDB's INET4. */
export function ipv4Text(): AttributeType<string> {
  return formed(15, "an IPv4 address", isIPv4);
}

/** MariaDB's INET6, which it gives as short as it can; nothing in it says on which interface. */
export function ipv6Text(): AttributeType<string> {
  return {
    ...formed(45, "an IPv6 address", (value) => isIPv6(value) && !value.includes("%")),
    capture: (value) => shortened(value as string),
  };
}

/** `2001:DB8:0:0:0:0:0:1` as `2001:db8::1`; the ones that end like IPv4 are left as they are. */
function shortened(address: string): string {
  return address.includes(".") ? address.toLowerCase() : new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function formed(max: number, what: string, isFormed: (value: string) => boolean): AttributeType<string> {
  const base = text(max);
  const fault = (value: unknown): string | undefined => {
    return base.fault(value) ?? (isFormed(value as string) ? undefined : `${what}, got ${describeValue(value)}`);
  };
  return { ...base, fault };
}
