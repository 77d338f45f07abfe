import fc from "./fast-check.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import type { Photo } from "./photo.js";
import { CONFLICT, mergeJson, mergeMembers, mergeValue, same, type Rule } from "./three-way.js";

export type Document = { [name: string]: JsonValue };

/** A photo as the oracle knows it. */
export interface Model {
  readonly title: string;
  readonly views: number;
  readonly rank: number | null;
  readonly editor: string;
  readonly origin: string;
  readonly metadata: JsonValue;
  readonly properties: ReadonlyMap<string, string>;
  readonly ratings: ReadonlyMap<string, number>;
  readonly tags: ReadonlySet<string>;
  readonly width: number;
  readonly height: number;
  readonly labels: readonly string[];
  readonly frames: ReadonlyMap<string, string>;
}

const RULES: Readonly<Record<"title" | "width" | "height" | "views" | "rank" | "editor" | "origin", Rule>> = {
  title: "reject",
  width: "reject",
  height: "reject",
  views: "sum",
  rank: "max",
  editor: "mine",
  origin: "theirs",
};

export function modelOf(photo: Photo): Model {
  const { title, width, height, views, rank, editor, origin, metadata, properties, ratings, tags, frames } = photo;
  return {
    ...{ title, width, height, views, rank, editor, origin },
    labels: [...(photo.labels as string[])],
    frames: new Map([...frames].map(([key, { url }]) => [key, url])),
    metadata: JSON.parse(JSON.stringify(metadata)) as JsonValue,
    properties: new Map(properties),
    ratings: new Map(ratings),
    tags: new Set(tags),
  };
}

/** How a save is told to treat what others did. */
export interface Rules {
  readonly strict?: boolean;
  readonly expect?: readonly (keyof Model)[];
}

const GROUP = ["width", "height"] as const;

/** What a save of `mine` should store, or `undefined` where it should be refused. */
export function merged(
  base: Model,
  mine: Model,
  theirs: Model,
  { strict, expect = [] }: Rules = {},
): Model | undefined {
  const isMine = (name: keyof Model): boolean => !sameField(name, base, mine);
  const isForeign = (name: keyof Model): boolean => !sameField(name, base, theirs);
  if (strict === true && !equal(base, theirs)) return undefined;
  if (expect.some(isForeign) || (GROUP.some(isMine) && GROUP.some(isForeign))) return undefined;
  let refused = false;
  const kept = <T>(value: T | typeof CONFLICT): T => {
    refused ||= value === CONFLICT;
    return value as T;
  };
  const map = <V>(rule: Rule, sides: readonly ReadonlyMap<string, V>[]): ReadonlyMap<string, V> => {
    const keys = new Set(sides.flatMap((side) => [...side.keys()]));
    const values = [...keys].map((key): [string, unknown] => {
      const [original, own, other] = sides.map((side) => side.get(key));
      return [key, kept(mergeValue(rule, original, own, other))];
    });
    return new Map(values.filter((entry): entry is [string, V & {}] => entry[1] !== undefined));
  };
  const attributes = Object.entries(RULES).map(([name, rule]) => {
    const [original, own, other] = [base, mine, theirs].map((side) => side[name as keyof typeof RULES]);
    return [name, kept(mergeValue(rule, original, own, other))];
  });
  const result: Model = {
    ...(Object.fromEntries(attributes) as Pick<Model, keyof typeof RULES>),
    metadata: kept(mergeJson(base.metadata, mine.metadata, theirs.metadata)) as JsonValue,
    properties: map("reject", [base.properties, mine.properties, theirs.properties]),
    ratings: map("sum", [base.ratings, mine.ratings, theirs.ratings]),
    tags: mergeMembers(base.tags, mine.tags, theirs.tags),
    labels: mergeArrays(base.labels, mine.labels, theirs.labels),
    frames: map("reject", [base.frames, mine.frames, theirs.frames]),
  };
  return refused ? undefined : result;
}

/** As the policy `union` has it: what both sides changed is their order without what I removed, and what I added. */
function mergeArrays(base: readonly string[], mine: readonly string[], theirs: readonly string[]): readonly string[] {
  const whole = mergeValue("reject", base, mine, theirs);
  return whole === CONFLICT ? [...mergeMembers(base, mine, theirs)] : (whole as readonly string[]);
}

function sameField(name: keyof Model, left: Model, right: Model): boolean {
  return same(plain(left)[name], plain(right)[name]);
}

export function equal(left: Model, right: Model): boolean {
  return same(plain(left), plain(right));
}

function plain(model: Model): Record<keyof Model, unknown> {
  return {
    ...model,
    properties: [...model.properties].sort(),
    ratings: [...model.ratings].sort(),
    frames: [...model.frames].sort(),
    tags: [...model.tags].sort(),
  };
}

export interface Edit {
  readonly label: string;
  readonly run: (photo: Photo) => void;
}

const word = fc.constantFrom("x", "y", "z");
const amount = fc.constantFrom(1, 1, 2, -1);
const key = fc.constantFrom("a", "b", "__proto__", "toString");
const member = fc.constantFrom("a", "b", "__proto__", "0");

/** Entries of a list are added under keys that nobody had: one that is taken out and put back has another place. */
let frames = 0;

export const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.constantFrom(...GROUP), fc.integer({ min: 1, max: 3 })).map(([name, value]) => ({
    label: `${name} = ${value}`,
    run: (photo: Photo) => void (photo[name] = value),
  })),
  key.map((label) => ({
    label: `add label ${label}`,
    run: (photo: Photo) => {
      const labels = photo.labels as string[];
      if (!labels.includes(label)) photo.labels = [...labels, label];
    },
  })),
  key.map((label) => ({
    label: `drop label ${label}`,
    run: (photo: Photo) => void (photo.labels = (photo.labels as string[]).filter((other) => other !== label)),
  })),
  word.map((url) => ({
    label: `add frame ${url}`,
    run: (photo: Photo) => void photo.frames.set(`frame ${++frames}`, { url, size: null }),
  })),
  word.map((url) => ({
    label: `edit first frame to ${url}`,
    run: (photo: Photo) => {
      const [first] = photo.frames.keys();
      if (first !== undefined) photo.frames.set(first, { url, size: null });
    },
  })),
  fc.constant({
    label: "drop first frame",
    run: (photo: Photo) => {
      const [first] = photo.frames.keys();
      if (first !== undefined) photo.frames.delete(first);
    },
  }),
  word.map((value) => ({ label: `title = ${value}`, run: (photo: Photo) => void (photo.title = value) })),
  amount.map((by) => ({ label: `views += ${by}`, run: (photo: Photo) => void (photo.views += by) })),
  fc
    .constantFrom(null, 1, 5, 9)
    .map((value) => ({ label: `rank = ${value}`, run: (photo: Photo) => void (photo.rank = value) })),
  word.map((value) => ({ label: `editor = ${value}`, run: (photo: Photo) => void (photo.editor = value) })),
  word.map((value) => ({ label: `origin = ${value}`, run: (photo: Photo) => void (photo.origin = value) })),
  fc.tuple(key, word).map(([key, value]) => ({
    label: `properties[${key}] = ${value}`,
    run: (photo: Photo) => void photo.properties.set(key, value),
  })),
  key.map((key) => ({ label: `drop properties[${key}]`, run: (photo: Photo) => void photo.properties.delete(key) })),
  fc.tuple(key, word).map(([key, value]) => ({
    label: `properties = {${key}: ${value}}`,
    run: (photo: Photo) => void (photo.properties = new Map([[key, value]])),
  })),
  fc.tuple(key, amount).map(([key, by]) => ({
    label: `ratings[${key}] += ${by}`,
    run: (photo: Photo) => void photo.ratings.set(key, (photo.ratings.get(key) ?? 0) + by),
  })),
  key.map((tag) => ({ label: `add tag ${tag}`, run: (photo: Photo) => void photo.tags.add(tag) })),
  key.map((tag) => ({ label: `drop tag ${tag}`, run: (photo: Photo) => void photo.tags.delete(tag) })),
  fc
    .tuple(
      fc.array(member, { minLength: 1, maxLength: 2 }),
      fc.option(fc.constantFrom<JsonValue[]>(1, 2, {}, [1]), { nil: undefined }),
    )
    .map(([path, value]) => ({
      label: `metadata.${path.join(".")} = ${JSON.stringify(value)}`,
      run: (photo: Photo) => setMember(photo.metadata as Document, path, value),
    })),
);

function setMember(document: Document, [name, ...rest]: readonly string[], value: JsonValue | undefined): void {
  if (rest.length > 0) {
    const child = Object.hasOwn(document, name!) ? document[name!] : undefined;
    const usable = typeof child === "object" && child !== null && !Array.isArray(child);
    const parent = usable ? child : {};
    if (!usable) define(document, name!, parent);
    setMember(parent, rest, value);
  } else if (value === undefined) {
    delete document[name!];
  } else {
    define(document, name!, structuredClone(value));
  }
}

function define(document: Document, name: string, value: JsonValue): void {
  Object.defineProperty(document, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Nothing is at the value at which a mistake would not show. */
export const START = {
  ...{ title: "x", width: 1, height: 1, views: 10, rank: 5, metadata: { a: { b: 1 }, b: 0 }, labels: ["a", "b"] },
  properties: [["a", "x"]] as [string, string][],
  ratings: [["a", 3]] as [string, number][],
  tags: ["a"],
};
