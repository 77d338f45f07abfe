import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { DirectoryMetadataFiles } from "../../infrastructure/storage/directory-metadata-files.js";
import { S3MetadataFiles } from "../../infrastructure/storage/s3-metadata-files.js";
import { s3ClientOf } from "../support/s3-server.js";

/*
 * Where a test publishes is a text, so that it can be told to other processes: a directory, or the address of a bucket at a
 * server of `S3Server`.
 */

/** As the SDK has it by default. */
const ATTEMPTS = 3;

/** A writer's way there. */
export function filesAt(place: string): MetadataFiles {
  if (!isBucket(place)) return new DirectoryMetadataFiles(place, systemClock);
  const { origin, pathname } = new URL(place);
  return new S3MetadataFiles(s3ClientOf(origin, ATTEMPTS), { bucket: pathname.slice(1) });
}

/** What a reader may ask for, in order. */
export async function namesAt(place: string): Promise<readonly string[]> {
  const names = isBucket(place) ? await keysIn(place) : await readdir(place);
  return names.filter((name) => !name.startsWith(".")).sort();
}

/** What a reader gets; rejects where there is nothing. */
export async function readAt(place: string, name: string): Promise<Buffer> {
  if (!isBucket(place)) return readFile(join(place, name));
  const response = await fetch(`${place}/${name}`);
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

async function keysIn(bucket: string): Promise<string[]> {
  const list = await (await fetch(`${bucket}/`)).text();
  return Array.from(list.matchAll(/<Key>([^<]*)<\/Key>/g), ([, key]) => key!);
}

function isBucket(place: string): boolean {
  return place.startsWith("http://");
}
