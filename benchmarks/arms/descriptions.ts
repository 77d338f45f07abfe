/** What an arm is, and what it promises to a writer who was overtaken. */
export interface Description {
  readonly what: string;
  readonly guarantee: string;
}

const CHECKED = "The version is compared in the statement that writes";

/** Of every arm, for readers who do not open its file; that one has the details. */
export const ARMS = {
  distinction: {
    what:
      "This library with its defaults. Where many write at once (W6 with 8 clients, W8 to W10), they share one repository " +
      "of one process.",
    guarantee: `${CHECKED}: who was overtaken merges and tries again, or is told. A batch is stored whole or not at all.`,
  },
  "distinction, apart": {
    what: "This library as several processes have it: a repository and a connection for each writer (W8, W9).",
    guarantee: `${CHECKED}, as above; nothing but the database stands between writers.`,
  },
  "no lock, one at a time": {
    what: "W20: this library, each worker with one task under way, so that nothing within it is batched.",
    guarantee: `${CHECKED}, as above.`,
  },
  handwritten: {
    what:
      "The least SQL that does the same, by somebody who knows the one table: the floor. In W20 one UPDATE of the bins and " +
      "one multi-row INSERT (accept), and the same bytes signed, committed and synced (publish).",
    guarantee: `${CHECKED}. In W20 what is accepted marks its bins; a publish lasts, but looks at no version.`,
  },
  "full write": {
    what:
      "All of an image written well: one UPDATE of all columns, of each collection one DELETE of what is gone and one " +
      "multi-row upsert, in one transaction.",
    guarantee: `${CHECKED}.`,
  },
  "full write (reference)": {
    what: "All of an image written as OpenStack Glance does through SQLAlchemy, statement for statement.",
    guarantee: "None: the last writer wins.",
  },
  typeorm: {
    what: "TypeORM's `save` as its guide has it, with a version column; of the version that this library itself runs on.",
    guarantee: "None: the version is raised and not compared.",
  },
  mikroorm: {
    what: "MikroORM 6, a forked entity manager and `flush`, with a version property.",
    guarantee:
      "The version of one record is compared in the statement that writes, of several before it; an image's not where only " +
      "its children changed.",
  },
  sequelize: {
    what: "Sequelize 6, `save` of the changed instance, with `version: true`.",
    guarantee: `${CHECKED}; an image's not where only its children changed.`,
  },
  pessimistic: {
    what: "SELECT … FOR UPDATE, UPDATE and COMMIT by hand; each writer has a connection of its own.",
    guarantee: "The row is locked before it is read: nobody is overtaken.",
  },
  "global lock": {
    what:
      "One named lock of the server around each update by hand, each writer on a connection of its own; in W20 around each " +
      "task of this library's own code.",
    guarantee: "Nobody else writes meanwhile, whichever record it is.",
  },
  "global lock, together": {
    what:
      "W20: a worker takes the lock once, does all tasks that wait for it together, by this library's own code, and " +
      "releases it: a service that locks and batches.",
    guarantee: "Nobody else writes meanwhile, whichever record it is.",
  },
  "path by hand": {
    what: "W13: `JSON_SET` of the one leaf, in a prepared statement.",
    guarantee: `${CHECKED}.`,
  },
  "whole column by hand": {
    what: "W13: the whole document again, in a prepared statement.",
    guarantee: `${CHECKED}.`,
  },
  "rows of the driver": {
    what: "W14: all rows by one SELECT, as the driver makes them.",
    guarantee: "None: they cannot be saved.",
  },
  insert: {
    what: "W20: the multi-row INSERT of the accepted targets, and nothing else.",
    guarantee: "None: nobody could tell from it what to publish.",
  },
  "render, hash, sign": {
    what: "W20: rendering, hashing and signing what a publish changes, in memory.",
    guarantee: "None: nothing is stored.",
  },
} as const satisfies Readonly<Record<string, Description>>;

export type ArmName = keyof typeof ARMS;
