import type { History } from "../../domain/distinction/history.js";
import type { Caller } from "../../domain/image/caller.js";
import type { ImageFactory } from "../../domain/image/image-factory.js";
import type { ImageRepository } from "../../domain/image/image-repository.js";
import type { ImageUpkeep } from "../../domain/image/image-upkeep.js";
import type { ImageMemberRepository } from "../../domain/image/member-repository.js";
import type { UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import type { TufRepositoryService } from "../application/tuf/tuf-repository-service.js";
import { SqlHistory } from "../../infrastructure/persistence/history/sql-history.js";
import { SqlImageUpkeep } from "../../infrastructure/persistence/images/sql-image-upkeep.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { requireDistinctionOptions, type DistinctionOptions, type TufOptions } from "./distinction-options.js";
import { imageGateway } from "./image-services.js";
import { databaseOf, environmentOf } from "./persistence.js";
import { tufService } from "./tuf-service.js";

/** Everything bound to one database, for programs without a container of their own. */
export interface Distinction {
  readonly images: ImageRepository;
  readonly imageFactory: ImageFactory;
  /** Whom images are shared with. */
  readonly imageMembers: ImageMemberRepository;
  /** Purges removed images: call it every hour, say. */
  readonly imageUpkeep: ImageUpkeep;
  /** The images as one caller sees them, and may change them. */
  readonly imagesVisibleTo: (caller: Caller) => ImageRepository;
  /** Whom images are shared with, as one caller sees it, and may say. */
  readonly membersVisibleTo: (caller: Caller) => ImageMemberRepository;
  /** What was written, where the option `history` is on. */
  readonly history: History;
  /** Several repositories in one transaction. */
  readonly unitOfWork: UnitOfWork;
  /** Connects now rather than on first use. */
  readonly connect: () => Promise<void>;
  /** Ends all connections; work that is under way is finished first. */
  readonly close: () => Promise<void>;
}

export interface DistinctionWithTuf extends Distinction {
  readonly tuf: TufRepositoryService;
}

/**
 * Opens the library without dependency injection.
 *
 * @throws InvalidValueError where an option is none, of another kind, or missing
 * @throws DistinctionError `INVALID_DATABASE_URL`
 */
export function openDistinction(options: DistinctionOptions & { readonly tuf: TufOptions }): DistinctionWithTuf;
export function openDistinction(options: DistinctionOptions): Distinction;
export function openDistinction(options: DistinctionOptions): Distinction | DistinctionWithTuf {
  requireDistinctionOptions(options);
  const environment = environmentOf(options);
  const database = databaseOf(options, environment);
  const gateway = imageGateway(options, database, environment);
  return {
    images: gateway.images,
    imageFactory: gateway.factory,
    imageUpkeep: new SqlImageUpkeep(database),
    imageMembers: gateway.members,
    imagesVisibleTo: (caller) => gateway.visibleTo(caller),
    membersVisibleTo: (caller) => gateway.membersVisibleTo(caller),
    history: new SqlHistory(database),
    unitOfWork: new SqlUnitOfWork(database, environment),
    ...(options.tuf && { tuf: tufService(options.tuf, database, environment) }),
    connect: () => database.connect(),
    close: () => database.close(),
  };
}
