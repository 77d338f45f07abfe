import type { DistinctMemberRepository } from "../../domain/image/distinct-member-repository.js";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { moveTo } from "../../domain/image/image-steps.js";
import type { Image, imageType } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import type { MemberStatus } from "../../domain/image/member-type.js";
import type { FullWriteRepository } from "../../infrastructure/persistence/comparison/full-write-repository.js";

/** Members that an image may have here. */
export const MEMBERS = 4;

/** What one process works on. */
export interface RaceWorld {
  /** Different for each process. */
  readonly client: string;
  readonly images: DistinctImageRepository;
  readonly members: DistinctMemberRepository;
  /** Writes without looking at versions. */
  readonly full: FullWriteRepository<typeof imageType>;
}

/** Loads what it needs of an image, and answers how it writes: everybody has loaded before anybody writes. */
type Action = (world: RaceWorld, id: string) => Promise<() => Promise<unknown>>;

export const RACE_ACTIONS = {
  "set foo": edit((image) => image.properties.set("foo", "baz")),
  "set goo": edit((image) => image.properties.set("goo", "yuck")),
  "set foo to own": edit((image, client) => image.properties.set("foo", client)),
  "delete foo": edit((image) => image.properties.delete("foo")),
  "create key": edit((image) => image.properties.set("new", "same")),
  "create key of own": edit((image, client) => image.properties.set("new", client)),
  rename: edit((image) => (image.name = "renamed")),
  "raise minRam": edit((image) => (image.minRam = 512)),
  "tag own and same": edit((image, client) => image.tags.add(client).add("same")),
  "add location": edit((image, client) => image.locations.set(client, newLocation(`file:///${client}`))),
  "add same location": edit((image, client) => image.locations.set(client, newLocation("file:///same"))),
  "reverse locations": edit((image) => image.locations.reorder([...image.locations.keys()].reverse())),
  "drop location": edit((image) => image.locations.delete("one")),
  "edit location": edit((image) => (image.locations.get("one")!.metadata = { zone: "edited" })),
  "take upload": edit((image) => moveTo(image, "saving")),
  "finish upload": edit((image) => {
    moveTo(image, "active");
    image.size = 7;
    image.locations.set("data", newLocation("file:///data"));
  }),
  deactivate: edit((image) => moveTo(image, "deactivated")),
  protect: edit((image) => (image.protected = true)),
  "set disk format": edit((image) => (image.diskFormat = "qcow2")),
  remove: async ({ images }, id) => {
    const image = await images.get(id);
    return () => images.remove(image);
  },
  accept: answer("accepted"),
  reject: answer("rejected"),
  "end membership": async ({ members }, id) => {
    const member = await members.get(id, "guest");
    return () => members.remove(member);
  },
  share: ({ members }, id) => Promise.resolve(() => members.add(id, "late guest")),
  /** Answers how many were admitted. */
  "share with three": ({ members, client }, id) =>
    Promise.resolve(async () => {
      const three = [1, 2, 3].map((number) => members.add(id, `${client} ${number}`));
      const outcomes = await Promise.allSettled(three);
      for (const outcome of outcomes) {
        const code = outcome.status === "rejected" ? (outcome.reason as { code?: unknown }).code : "INVALID_VALUE";
        if (code !== "INVALID_VALUE") throw (outcome as PromiseRejectedResult).reason;
      }
      return outcomes.filter(({ status }) => status === "fulfilled").length;
    }),
  "take lock": ({ images, client }, id) =>
    Promise.resolve(() => images.setPropertyAtomic(id, "os_glance_lock", client)),
  "release lock": ({ images }, id) => Promise.resolve(() => images.deletePropertyAtomic(id, "lock", "held")),
  "set foo, unchecked": unchecked((image) => image.properties.set("foo", "baz")),
  "set goo, unchecked": unchecked((image) => image.properties.set("goo", "yuck")),
  "take upload, unchecked": unchecked((image) => moveTo(image, "saving")),
} satisfies Record<string, Action>;

export type RaceAction = keyof typeof RACE_ACTIONS;

type Change = (image: Image, client: string) => unknown;

function edit(change: Change): Action {
  return async ({ images, client }, id) => {
    const image = await images.get(id);
    change(image, client);
    return () => images.save(image);
  };
}

function unchecked(change: Change): Action {
  return async ({ full, client }, id) => {
    const image = await full.get(id);
    change(image, client);
    return () => full.save(image);
  };
}

function answer(status: MemberStatus): Action {
  return async ({ members }, id) => {
    const member = await members.get(id, "guest");
    member.status = status;
    return () => members.save(member);
  };
}
