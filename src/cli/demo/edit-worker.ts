import { once } from "node:events";
import type { Image } from "../../../domain/image/image-type.js";
import { openFullWriteImages } from "../../composition/full-write-images.js";
import { openDistinction } from "../../composition/open-distinction.js";
import { COUNTERS, type EditMessage, type EditTask } from "./edit-race.js";

/** Acknowledged updates are told in lots of this many. */
const LOT = 10;

/** The process that `raceEdits` starts four times: raises one counter of every record, `rounds` times. */
async function main(task: EditTask): Promise<void> {
  let statements = 0;
  let retries = 0;
  const count = ({ kind }: { readonly kind: string }): void => void (kind === "statement" && statements++);
  const counted = { database: task.database, onStatement: count };
  const counter = COUNTERS[task.worker]!;
  const raise = (image: Image): void => counter.write(image, counter.read(image) + 1);

  const { images, close, connect } = openDistinction(counted);
  const full = openFullWriteImages(counted);
  const update = {
    diff: async (id: string) => void (retries += (await images.update(id, raise)).retries),
    full: (id: string) => full.update(id, raise),
  }[task.mode];

  await connect();
  await full.connect();
  tell({ kind: "ready" });
  await once(process, "message");
  statements = 0;
  let updates = 0;
  for (let round = 0; round < task.rounds; round++) {
    for (const id of task.ids) {
      await update(id);
      if (++updates % LOT === 0) tell({ kind: "acknowledged", updates: LOT });
    }
  }
  tell({ kind: "acknowledged", updates: updates % LOT });
  tell({ kind: "done", retries, statements });
  await Promise.all([close(), full.close()]);
  process.disconnect();
}

function tell(message: EditMessage): void {
  process.send!(message);
}

process.on("disconnect", () => process.exit());
process.on("SIGINT", () => undefined); // Ctrl-C reaches the whole group; the parent decides what becomes of us
main(JSON.parse(process.argv[2]!) as EditTask).catch((error: unknown) => {
  tell({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
  process.disconnect();
});
