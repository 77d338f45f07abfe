import { GroupCommit } from "../../../../domain/tuf/group-commit.js";
import { type ExportPorts, type ExportReport, publishFiles } from "./export-tuf-repository.js";
import { RecentFiles } from "./recent-files.js";

/**
 * Exports of one repository by this process, one at a time for all callers. They are answered once clients see what they
 * wait for; the usual record of it is written beside what they do next, and before the next export looks for it. Where it
 * fails, or the process ends before it, the next export by anybody puts the same files once more, and records them.
 */
export class ExportLane {
  /** What this process committed and has not exported yet. */
  readonly recent = new RecentFiles();
  readonly #exports: GroupCommit<ExportReport>;
  #recording: Promise<unknown> = Promise.resolve();

  constructor(ports: ExportPorts, repository: string) {
    this.#exports = new GroupCommit(async () => {
      await this.#recording;
      const { report, record } = await publishFiles(ports, repository, { recent: this.recent });
      if (record?.isAwaited) await record.write();
      else this.#recording = Promise.resolve(record?.write()).catch(() => undefined);
      return report;
    });
  }

  run(): Promise<ExportReport> {
    return this.#exports.run();
  }

  /** Ends once what callers were answered is recorded, or could not be. */
  async recorded(): Promise<void> {
    await this.#recording;
  }
}
