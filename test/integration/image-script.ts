import { DistinctionError } from "../../domain/distinction/errors.js";
import { moveTo } from "../../domain/image/image-steps.js";
import { patchImage } from "../../domain/image/image-patch.js";
import type { Image } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import type { ImageStatus } from "../../domain/image/status-machine.js";
import fc from "../support/fast-check.js";

type Value<N extends keyof Image> = { readonly kind: "attribute"; readonly name: N; readonly value: Image[N] };

/** What a client does to its copy. */
export type Edit =
  | Value<"name" | "owner" | "visibility" | "protected" | "osHidden" | "minDisk" | "minRam">
  | Value<"diskFormat" | "containerFormat" | "size" | "virtualSize" | "checksum">
  | { readonly kind: "property"; readonly key: string; readonly value: string | undefined }
  | { readonly kind: "tag"; readonly tag: string; readonly present: boolean }
  | { readonly kind: "location"; readonly present: boolean; readonly url: string | undefined }
  | { readonly kind: "metadata" | "url"; readonly at: number; readonly value: string }
  | { readonly kind: "reorder"; readonly how: "reverse" | "rotate" }
  | { readonly kind: "status"; readonly to: ImageStatus }
  | { readonly kind: "patch"; readonly name: string; readonly key: string; readonly tag: string };

/** What a client does next: load, change its copy, save or remove it, or work past it. */
export type Action =
  | { readonly kind: "load" | "remove" }
  | { readonly kind: "save"; readonly mode: "merge" | "strict"; readonly force: "name" | "minRam" | undefined }
  /** These clients save at once. */
  | { readonly kind: "together"; readonly clients: readonly number[] }
  | { readonly kind: "update"; readonly edit: Edit }
  | { readonly kind: "atomic"; readonly key: string; readonly value: string; readonly present: boolean }
  | { readonly kind: "member"; readonly who: string; readonly does: "add" | "see" | "accept" | "reject" | "remove" }
  | Edit;

export interface Step {
  readonly client: number;
  readonly action: Action;
}

const few = fc.constantFrom("a", "b", "__proto__");
const attribute = <N extends keyof Image>(name: N, ...values: readonly Image[N][]): fc.Arbitrary<Action> =>
  fc.record({ kind: fc.constant("attribute"), name: fc.constant(name), value: fc.constantFrom(...values) }) as never;

const STATUSES = ["saving", "importing", "uploading", "active", "deactivated", "queued", "pending_delete"] as const;

const EDIT = fc.oneof(
  ...([
    attribute("name", "a", "b", null),
    attribute("owner", "a", "b"),
    attribute("visibility", "public", "private", "shared"),
    attribute("protected", true, false),
    attribute("osHidden", true, false),
    attribute("minDisk", 0, 1),
    attribute("minRam", 0, 2 ** 31 - 1),
    attribute("diskFormat", "raw", "qcow2", null),
    attribute("containerFormat", "bare", "ovf"),
    attribute("size", 0, 7, null),
    attribute("virtualSize", 8, null),
    attribute("checksum", "c".repeat(32), null),
    fc.record({ kind: fc.constant("property"), key: few, value: fc.option(few, { nil: undefined }) }),
    fc.record({ kind: fc.constant("tag"), tag: few, present: fc.boolean() }),
    fc.record({
      kind: fc.constant("location"),
      present: fc.boolean(),
      url: fc.option(fc.constant("file:///same"), { nil: undefined }),
    }),
    fc.record({ kind: fc.constantFrom("metadata", "url"), at: fc.nat({ max: 3 }), value: few }),
    fc.record({ kind: fc.constant("reorder"), how: fc.constantFrom("reverse", "rotate") }),
    fc.record({ kind: fc.constant("status"), to: fc.constantFrom(...STATUSES) }),
    fc.record({ kind: fc.constant("status"), to: fc.constantFrom(...STATUSES) }),
    fc.record({ kind: fc.constant("patch"), name: few, key: few, tag: few }),
  ] as fc.Arbitrary<Edit>[]),
);

const SAVE = fc.record({
  kind: fc.constant("save"),
  mode: fc.constantFrom("merge", "merge", "merge", "strict"),
  force: fc.constantFrom(undefined, undefined, undefined, "name", "minRam"),
});

const ACTION: fc.Arbitrary<Action> = fc.oneof(
  { weight: 20, arbitrary: EDIT },
  ...(
    [
      [5, fc.record({ kind: fc.constant("load") })],
      [8, SAVE],
      [
        3,
        fc.record({
          kind: fc.constant("together"),
          clients: fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 2, maxLength: 3 }),
        }),
      ],
      [1, fc.record({ kind: fc.constant("remove") })],
      [2, fc.record({ kind: fc.constant("update"), edit: EDIT })],
      [2, fc.record({ kind: fc.constant("atomic"), key: few, value: few, present: fc.boolean() })],
      [
        5,
        fc.record({
          kind: fc.constant("member"),
          who: few,
          does: fc.constantFrom("add", "see", "accept", "reject", "remove"),
        }),
      ],
    ] as const
  ).map(([weight, arbitrary]) => ({ weight, arbitrary: arbitrary as fc.Arbitrary<Action> })),
);

/** Of 2 to 5 clients. */
export const SCRIPT = fc
  .integer({ min: 2, max: 5 })
  .chain((clients) => fc.array(fc.record({ client: fc.nat({ max: clients - 1 }), action: ACTION }), { maxLength: 40 }));

let locations = 0;

/** Changes a copy; what memory refuses at once leaves it as it is. */
export function change(image: Image, edit: Edit): void {
  switch (edit.kind) {
    case "attribute":
      Object.assign(image, { [edit.name]: edit.value });
      return;
    case "property":
      if (edit.value === undefined) image.properties.delete(edit.key);
      else image.properties.set(edit.key, edit.value);
      return;
    case "tag":
      if (edit.present) image.tags.add(edit.tag);
      else image.tags.delete(edit.tag);
      return;
    case "location":
      if (edit.present) image.locations.set(String(++locations), newLocation(edit.url ?? `file:///${locations}`));
      else for (const id of [...image.locations.keys()].slice(0, 1)) image.locations.delete(id);
      return;
    case "metadata":
    case "url": {
      const [, location] = [...image.locations][edit.at] ?? [];
      if (location === undefined) return;
      if (edit.kind === "url") location.url = `file:///${edit.value}`;
      else location.metadata = { zone: edit.value };
      return;
    }
    case "reorder": {
      const [first, ...rest] = [...image.locations.keys()];
      if (first !== undefined) {
        image.locations.reorder(edit.how === "rotate" ? [...rest, first] : [...rest.reverse(), first]);
      }
      return;
    }
    case "status":
      return unlessRefused(() => moveTo(image, edit.to));
    case "patch": {
      const { name, key, tag } = edit;
      const properties = { op: "add", path: `/properties/${key}`, value: name } as const;
      const steps = [{ op: "replace", path: "/name", value: name } as const, properties];
      return unlessRefused(() => patchImage(image, [...steps, { op: "add", path: "/tags/-", value: tag }]));
    }
  }
}

function unlessRefused(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof DistinctionError)) throw error;
  }
}
