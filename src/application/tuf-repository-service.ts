import type { Target } from "../../domain/tuf/target.js";
import { addTargets } from "./add-targets.js";
import { createTufRepository, type CreatePorts, type CreateRequest } from "./create-tuf-repository.js";
import type { EditPorts, EditReport } from "./edit-bins.js";
import type { ExportReport } from "./export-tuf-repository.js";
import { PublishTufRepository, type PublishPorts, type PublishReport } from "./publish-tuf-repository.js";
import { removeTargets } from "./remove-targets.js";
import type { VerifyPorts } from "./trusted-reader.js";
import { verifyTufRepository, type PublishedTarget, type VerifyReport } from "./verify-tuf-repository.js";

/** Everything that the use cases of a TUF repository need from outside. */
export type TufPorts = CreatePorts & EditPorts & PublishPorts & VerifyPorts;

/** One TUF repository, as services embed it: any number of processes may hold one of these over the same database. */
export class TufRepositoryService {
  readonly #publisher: PublishTufRepository;

  /** @param name of the repository in the database */
  constructor(
    private readonly ports: TufPorts,
    readonly name: string,
  ) {
    this.#publisher = new PublishTufRepository(ports);
  }

  async exists(): Promise<boolean> {
    return (await this.ports.store.repository(this.name)) !== undefined;
  }

  /** Creates the repository with its keys and all its roles, and publishes it empty. See `createTufRepository`. */
  create(request: Omit<CreateRequest, "name">): Promise<ExportReport> {
    return createTufRepository(this.ports, { ...request, name: this.name });
  }

  /** Accepts targets durably, by path; they become visible with the next publish. See `addTargets`. */
  add(targets: ReadonlyMap<string, Target>): Promise<EditReport> {
    return addTargets(this.ports, this.name, targets);
  }

  /** Accepts the removal of targets durably. See `removeTargets`. */
  remove(paths: Iterable<string>): Promise<EditReport> {
    return removeTargets(this.ports, this.name, paths);
  }

  /** Makes every accepted edit visible to clients. See `PublishTufRepository`. */
  publish(): Promise<PublishReport> {
    return this.#publisher.publish(this.name);
  }

  /** Reads the published files as a client does, and yields every target. See `verifyTufRepository`. */
  verify(now = this.ports.clock.now()): AsyncGenerator<PublishedTarget, VerifyReport> {
    return verifyTufRepository(this.ports, now);
  }
}
