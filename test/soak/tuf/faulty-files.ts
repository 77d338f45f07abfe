import { setTimeout as pause } from "node:timers/promises";
import { TufError } from "../../../domain/tuf/errors.js";
import type { MetadataFiles } from "../../../domain/tuf/metadata-files.js";
import { fileByFile } from "../../support/file-by-file.js";

const ODDS = { lost: 0.01, unnoticed: 0.01, unanswered: 0.01, slow: 0.05 };
/** Milliseconds. */
const LONGEST_DELAY = 200;

/** Storage as it is: some puts are slow, some are lost, told or not told, some take place and nobody says so. */
export function faultyFiles(files: MetadataFiles, random: () => number): MetadataFiles {
  const put = async <T>(work: () => Promise<T>): Promise<T> => {
    if (random() < ODDS.slow) await pause(random() * LONGEST_DELAY);
    if (random() < ODDS.lost) throw failed("the put was lost");
    const answer = await work();
    if (random() < ODDS.unanswered) throw failed("the answer was lost");
    return answer;
  };
  const forgetful = async (work: () => Promise<boolean>) => random() < ODDS.unnoticed || (await work());
  return {
    putAll: fileByFile(files, (_, work) => put(() => forgetful(work))),
    replaceTimestamp: (version, bytes) => put(() => forgetful(() => files.replaceTimestamp(version, bytes))),
    remove: (names) => put(() => files.remove(names)),
    read: (name) => files.read(name),
    lengthOf: (name) => files.lengthOf(name),
    restore: (name, bytes, damaged) => put(() => files.restore(name, bytes, damaged)),
  };
}

function failed(what: string): TufError {
  return new TufError("STORAGE_UNAVAILABLE", what);
}
