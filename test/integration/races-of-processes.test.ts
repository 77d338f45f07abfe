import { beforeAll, describe, expect, test } from "vitest";
import { imageToDocument, type ImageDocument } from "../../domain/image/image-document.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import type { ImageStatus } from "../../domain/image/status-machine.js";
import { releaseTogether, startChild } from "../support/child.js";
import { onSqlBackends, sqlClients, closeAll } from "./backends.js";
import { MEMBERS, type RaceAction } from "./race-actions.js";
import type { RacerOrder, RacerOutcome } from "./racer.child.js";
import { imageIn, storedRows } from "./two-writers.js";

/** How often each race is run, on an image of its own. */
const ROUNDS = 4;

/** One round of a race: what both were told, and what is stored. */
interface Round {
  readonly a: RacerOutcome;
  readonly b: RacerOutcome;
  /** `undefined` for an image that is gone. */
  readonly now: Stored | undefined;
  readonly keys: readonly string[];
  readonly members: Readonly<Record<string, string>>;
  /** Of its collections and members, as they stand in their tables; looked at where a race may remove the image. */
  readonly rows: number;
}

interface Stored extends ImageDocument {
  readonly properties: Record<string, string>;
}

interface Race {
  readonly title: string;
  readonly a: RaceAction;
  readonly b: RaceAction;
  readonly status?: ImageStatus;
  /** Whether it is shared with a guest before. */
  readonly isShared?: boolean;
  readonly holds: (round: Round) => void;
}

const START: NewImage = {
  name: "old",
  properties: [
    ["foo", "bar"],
    ["goo", "far"],
    ["lock", "held"],
  ],
  tags: ["old"],
  locations: [
    ["one", newLocation("file:///1", { zone: "a" })],
    ["two", newLocation("file:///2", { zone: "b" })],
  ],
};

/** What there is of these in the tables of collections. */
const ROWS = 6;

const RACES: readonly Race[] = [
  {
    title: "race 1: different properties are both kept",
    a: "set foo",
    b: "set goo",
    holds: (round) => {
      bothDone(round);
      expect(round.now!.properties).toEqual({ foo: "baz", goo: "yuck", lock: "held" });
    },
  },
  {
    title: "race 2: of two values of one property the first stays",
    a: "set foo to own",
    b: "set foo to own",
    holds: (round) => expect(round.now!.properties).toMatchObject({ foo: oneDone(round, "CONFLICT") }),
  },
  {
    title: "race 3: different attributes are both kept",
    a: "rename",
    b: "raise minRam",
    holds: (round) => {
      bothDone(round);
      expect(round.now).toMatchObject({ name: "renamed", minRam: 512 });
    },
  },
  {
    title: "race 4: a property that one deletes stays gone after the other's rename",
    a: "delete foo",
    b: "rename",
    holds: (round) => {
      bothDone(round);
      expect(round.now).toMatchObject({ name: "renamed" });
      expect(round.now!.properties).toEqual({ goo: "far", lock: "held" });
    },
  },
  {
    title: "race 5: deleting a property conflicts with editing it",
    a: "delete foo",
    b: "set foo",
    holds: (round) => {
      const foo = oneDone(round, "CONFLICT") === "a" ? {} : { foo: "baz" };
      expect(round.now!.properties).toEqual({ ...foo, goo: "far", lock: "held" });
    },
  },
  {
    title: "race 6: both may create a property with the same value",
    a: "create key",
    b: "create key",
    holds: (round) => {
      bothDone(round);
      expect(round.now!.properties).toMatchObject({ new: "same" });
    },
  },
  {
    title: "race 6: of two values of a new property the first stays, and the other is told of a conflict",
    a: "create key of own",
    b: "create key of own",
    holds: (round) => expect(round.now!.properties).toMatchObject({ new: oneDone(round, "CONFLICT") }),
  },
  {
    title: "race 8: tags of both are there, the same one once",
    a: "tag own and same",
    b: "tag own and same",
    holds: (round) => {
      bothDone(round);
      expect(round.now!.tags).toEqual(["a", "b", "old", "same"]);
    },
  },
  {
    title: "race 9: locations of both are there, behind those before",
    a: "add location",
    b: "add location",
    holds: (round) => {
      bothDone(round);
      expect(round.keys.slice(0, 2)).toEqual(["one", "two"]);
      expect([...round.keys].sort()).toEqual(["a", "b", "one", "two"]);
    },
  },
  {
    title: "race 9: of two identical locations one is a duplicate",
    a: "add same location",
    b: "add same location",
    holds: (round) => expect(round.keys).toEqual(["one", "two", oneDone(round, "INVALID_VALUE")]),
  },
  {
    title: "race 9: dropping a location conflicts with editing it",
    a: "drop location",
    b: "edit location",
    holds: (round) => {
      expect(round.keys).toEqual(oneDone(round, "CONFLICT") === "a" ? ["two"] : ["one", "two"]);
    },
  },
  {
    title: "race 10: one's order stands, what the other appends comes last",
    a: "reverse locations",
    b: "add location",
    holds: (round) => {
      bothDone(round);
      expect(round.keys).toEqual(["two", "one", "b"]);
    },
  },
  {
    title: "race 11: of two uploads one takes the image",
    a: "take upload",
    b: "take upload",
    holds: (round) => {
      oneDone(round, "CONFLICT");
      expect(round.now).toMatchObject({ status: "saving" });
    },
  },
  {
    title: "race 12: an upload finishes while another renames: both kept",
    status: "saving",
    a: "finish upload",
    b: "rename",
    holds: (round) => {
      bothDone(round);
      expect(round.now).toMatchObject({ status: "active", size: 7, name: "renamed" });
      expect(round.keys).toEqual(["one", "two", "data"]);
    },
  },
  {
    title: "race 13: a rename reverts no deactivation",
    status: "active",
    a: "deactivate",
    b: "rename",
    holds: (round) => {
      bothDone(round);
      expect(round.now).toMatchObject({ status: "deactivated", name: "renamed" });
    },
  },
  {
    title: "race 14: protecting against removing: one is refused, and nothing is touched",
    a: "protect",
    b: "remove",
    holds: (round) => {
      const isKept = round.a.status === "fulfilled";
      oneDone(round, isKept ? "CONFLICT" : "RECORD_NOT_FOUND");
      expect(round.now?.protected).toBe(isKept ? true : undefined);
      expect(round.rows).toBe(ROWS);
    },
  },
  {
    title: "race 15: a save against a removal: one is refused, and no row comes or goes",
    a: "set foo",
    b: "remove",
    holds: (round) => {
      const isKept = round.a.status === "fulfilled";
      oneDone(round, isKept ? "CONFLICT" : "RECORD_NOT_FOUND");
      expect(round.now?.properties.foo).toBe(isKept ? "baz" : undefined);
      expect(round.rows).toBe(ROWS);
    },
  },
  {
    title: "race 15: of two removals one finds nothing",
    a: "remove",
    b: "remove",
    holds: (round) => {
      oneDone(round, "RECORD_NOT_FOUND");
      expect(round.now).toBeUndefined();
    },
  },
  {
    title: "race 16: a format against the step that rests on it: exactly one succeeds",
    a: "set disk format",
    b: "take upload",
    holds: (round) => {
      const edited = oneDone(round, "CONFLICT") === "a";
      const expected = edited ? ["qcow2", "queued"] : ["raw", "saving"];
      expect([round.now!.diskFormat, round.now!.status]).toEqual(expected);
    },
  },
  {
    title: "race 17: a member that accepts while it is removed is never revived",
    isShared: true,
    a: "end membership",
    b: "accept",
    holds: (round) => {
      const isGone = round.a.status === "fulfilled";
      oneDone(round, isGone ? "RECORD_NOT_FOUND" : "CONFLICT");
      expect(round.members).toEqual(isGone ? {} : { guest: "accepted" });
    },
  },
  {
    title: "race 17: accepting against rejecting: one conflict",
    isShared: true,
    a: "accept",
    b: "reject",
    holds: (round) => {
      expect(round.members).toEqual({ guest: oneDone(round, "CONFLICT") === "a" ? "accepted" : "rejected" });
    },
  },
  {
    title: "race 17: added twice is one member",
    isShared: true,
    a: "share",
    b: "share",
    holds: (round) => {
      oneDone(round, "RECORD_EXISTS");
      expect(round.members).toEqual({ guest: "pending", "late guest": "pending" });
    },
  },
  {
    title: "race 17: the quota of members holds",
    isShared: true,
    a: "share with three",
    b: "share with three",
    holds: (round) => {
      bothDone(round);
      const { a, b } = round;
      const admitted = [a, b].map((one) => (one.status === "fulfilled" ? (one.value as number) : NaN));
      expect(admitted[0]! + admitted[1]!).toBe(MEMBERS - 1);
      expect(Object.keys(round.members)).toHaveLength(MEMBERS);
    },
  },
  {
    title: "race 17: sharing against removing leaves no member that anybody sees",
    a: "remove",
    b: "share",
    holds: (round) => {
      expect(round.a.status).toBe("fulfilled");
      if (round.b.status === "rejected") expect(round.b.code).toBe("RECORD_NOT_FOUND");
      expect([round.now, round.members]).toEqual([undefined, {}]);
    },
  },
  {
    title: "race 18: a lock goes to one",
    a: "take lock",
    b: "take lock",
    holds: (round) => oneDone(round, "CONFLICT"),
  },
  {
    title: "race 18: of two who release a property one does",
    a: "release lock",
    b: "release lock",
    holds: (round) => {
      oneDone(round, "CONFLICT");
      expect(round.now!.properties).toEqual({ foo: "bar", goo: "far" });
    },
  },
  {
    title: "without the version check one of two properties is lost",
    a: "set foo, unchecked",
    b: "set goo, unchecked",
    holds: (round) => {
      bothDone(round);
      const { foo, goo } = round.now!.properties;
      expect([
        ["baz", "far"],
        ["bar", "yuck"],
      ]).toContainEqual([foo, goo]);
    },
  },
  {
    title: "without the version check both take one upload",
    a: "take upload, unchecked",
    b: "take upload, unchecked",
    holds: bothDone,
  },
];

describe("races of two processes", () => {
  onSqlBackends((place) => {
    let rounds: ReadonlyMap<Race, readonly Round[]>;
    beforeAll(async () => {
      rounds = await raced(place().url);
    }, 120_000);

    test.each(RACES.map((race) => [race.title, race] as const))("%s", (_, race) => {
      const all = rounds.get(race)!;
      expect(all).toHaveLength(ROUNDS);
      for (const round of all) race.holds(round);
    });
  });
});

const RACER = new URL("racer.child.ts", import.meta.url);

/** Runs all races, round by round: both processes have loaded an image before either writes it. */
async function raced(url: string): Promise<ReadonlyMap<Race, readonly Round[]>> {
  const clients = sqlClients(url);
  const { a: images, members } = clients;
  const started: (readonly [Race, Image])[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const race of RACES) started.push([race, imageIn(race.status ?? "queued", START)()]);
  }
  await images.addAll(started.map(([, image]) => image));
  for (const [{ isShared }, { id }] of started) if (isShared === true) await members[0].add(id, "guest");
  const racers = (["a", "b"] as const).map((client) => {
    const tasks = started.map(([race, { id }]) => ({ action: race[client], id }));
    return startChild(RACER, { url, client, tasks } satisfies RacerOrder);
  });
  for (let task = 0; task < started.length; task++) await releaseTogether(racers);
  const [a, b] = (await Promise.all(racers.map(({ output }) => output))) as RacerOutcome[][];
  const rounds = new Map<Race, Round[]>();
  for (const [index, [race, { id }]] of started.entries()) {
    const now = await images.find(id);
    const listed = await members[0].list(id);
    const round: Round = {
      a: a![index]!,
      b: b![index]!,
      now: now && (imageToDocument(now) as Stored),
      keys: [...(now?.locations.keys() ?? [])],
      members: Object.fromEntries(listed.map(({ memberId, status }) => [memberId, status])),
      rows: race.b === "remove" ? (await storedRows(clients, id)).length : NaN,
    };
    rounds.set(race, [...(rounds.get(race) ?? []), round]);
  }
  await closeAll(clients.databases);
  return rounds;
}

function bothDone({ a, b }: Round): void {
  expect([a, b]).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
}

/** The one who succeeded; the other was told why not. */
function oneDone({ a, b }: Round, code: string): "a" | "b" {
  expect([a.status, b.status].sort()).toEqual(["fulfilled", "rejected"]);
  expect(a.status === "rejected" ? a : b).toMatchObject({ status: "rejected", code });
  return a.status === "fulfilled" ? "a" : "b";
}
