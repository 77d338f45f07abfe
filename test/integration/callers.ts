import type { Caller } from "../../domain/image/caller.js";
import type { ImageGateway } from "../../domain/image/image-gateway.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import type { MemberStatus } from "../../domain/image/member-type.js";
import { newImage } from "./backends.js";

export const ME: Caller = { owner: "me", isAdmin: false };
export const ADMIN: Caller = { owner: "admin", isAdmin: true };
export const STRANGER: Caller = { owner: null, isAdmin: false };

/** What there is: of mine, of others, and of nobody, each named for what it is. */
const IMAGES: readonly NewImage[] = [
  { name: "mine private", owner: "me", visibility: "private" },
  { name: "mine public", owner: "me", visibility: "public" },
  { name: "mine community", owner: "me", visibility: "community" },
  { name: "mine shared with me", owner: "me" },
  { name: "mine hidden", owner: "me", osHidden: true },
  { name: "public", owner: "you", visibility: "public" },
  { name: "public hidden", owner: "you", visibility: "public", osHidden: true },
  { name: "community", owner: "you", visibility: "community" },
  { name: "community hidden", owner: "you", visibility: "community", osHidden: true },
  { name: "private", owner: "you", visibility: "private" },
  { name: "shared with nobody", owner: "you" },
  { name: "shared with another", owner: "you" },
  { name: "pending", owner: "you" },
  { name: "accepted", owner: "you" },
  { name: "accepted hidden", owner: "you", osHidden: true },
  { name: "rejected", owner: "you" },
  { name: "private again", owner: "you" },
  { name: "public after all", owner: "you" },
  { name: "nobody's", owner: null, visibility: "private" },
  { name: "nobody's shared with me", owner: null },
];

const SHARED: readonly (readonly [string, string, MemberStatus])[] = [
  ["mine shared with me", "me", "accepted"],
  ["shared with another", "another", "accepted"],
  ["pending", "me", "pending"],
  ["accepted", "me", "accepted"],
  ["accepted", "another", "rejected"],
  ["accepted hidden", "me", "accepted"],
  ["rejected", "me", "rejected"],
  ["private again", "me", "accepted"],
  ["public after all", "me", "accepted"],
  ["nobody's shared with me", "me", "accepted"],
];

/** Stores one of every kind, and answers them by their names. */
export async function oneOfEveryKind({ images, members }: ImageGateway): Promise<ReadonlyMap<string, Image>> {
  const stored = IMAGES.map((values) => newImage(values));
  await images.addAll(stored);
  const named = new Map(stored.map((image) => [image.name!, image]));
  for (const [name, memberId, status] of SHARED) {
    const member = await members.add(named.get(name)!.id, memberId);
    member.status = status;
    await members.save(member);
  }
  await images.update(named.get("private again")!.id, (image) => void (image.visibility = "private"));
  await images.update(named.get("public after all")!.id, (image) => void (image.visibility = "public"));
  return named;
}
