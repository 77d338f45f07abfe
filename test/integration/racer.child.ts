import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { DistinctMemberRepository } from "../../domain/image/distinct-member-repository.js";
import { imageType } from "../../domain/image/image-type.js";
import { FullWriteRepository } from "../../infrastructure/persistence/comparison/full-write-repository.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlMemberStore } from "../../infrastructure/persistence/images/sql-member-store.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { runAsChild } from "../support/child-side.js";
import { environment } from "../support/images.js";
import { openTestDatabase } from "../support/open-store.js";
import { MEMBERS, RACE_ACTIONS, type RaceAction } from "./race-actions.js";

export interface RacerOrder {
  readonly url: string;
  readonly client: string;
  readonly tasks: readonly { readonly action: RaceAction; readonly id: string }[];
}

/** What came of one task. */
export type RacerOutcome =
  | { readonly status: "fulfilled"; readonly value: unknown }
  | { readonly status: "rejected"; readonly code: unknown; readonly message: string };

/** Does its tasks one after another, each together with whoever else has one of the same number. */
await runAsChild<RacerOrder, RacerOutcome[]>(async ({ url, client, tasks }, parent) => {
  const database = openTestDatabase(url);
  const world = {
    client,
    images: new DistinctImageRepository(new SqlRecordStore(database, imageTable), environment),
    members: new DistinctMemberRepository(SqlMemberStore.of(database), environment, MEMBERS),
    full: new FullWriteRepository(imageType, database, imageTable),
  };
  const outcomes: RacerOutcome[] = [];
  for (const { action, id } of tasks) {
    const write = await RACE_ACTIONS[action](world, id);
    await parent.ready();
    try {
      outcomes.push({ status: "fulfilled", value: await write() });
    } catch (error) {
      const { code, message } = error as Error & { readonly code?: unknown };
      outcomes.push({ status: "rejected", code, message });
    }
  }
  await database.close();
  return outcomes;
});
