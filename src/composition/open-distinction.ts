import { Container } from "inversify";
import type { History } from "../../domain/distinction/history.js";
import type { Caller } from "../../domain/image/caller.js";
import type { ImageFactory } from "../../domain/image/image-factory.js";
import type { ImageRepository } from "../../domain/image/image-repository.js";
import type { ImageUpkeep } from "../../domain/image/image-upkeep.js";
import type { ImageMemberRepository } from "../../domain/image/member-repository.js";
import type { UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import type { TufRepositoryService } from "../application/tuf/tuf-repository-service.js";
import { distinctionModule } from "./distinction-module.js";
import type { DistinctionOptions, TufOptions } from "./distinction-options.js";
import { TOKENS } from "./tokens.js";

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
 * @throws DistinctionError `INVALID_DATABASE_URL`
 */
export function openDistinction(options: DistinctionOptions & { readonly tuf: TufOptions }): DistinctionWithTuf;
export function openDistinction(options: DistinctionOptions): Distinction;
export function openDistinction(options: DistinctionOptions): Distinction | DistinctionWithTuf {
  const container = new Container();
  const module = distinctionModule(options);
  container.load(module);
  const database = container.get(TOKENS.Database);
  return {
    images: container.get(TOKENS.ImageRepository),
    imageFactory: container.get(TOKENS.ImageFactory),
    imageUpkeep: container.get(TOKENS.ImageUpkeep),
    imageMembers: container.get(TOKENS.ImageMemberRepository),
    imagesVisibleTo: (caller) => container.get(TOKENS.ImageGateway).visibleTo(caller),
    membersVisibleTo: (caller) => container.get(TOKENS.ImageGateway).membersVisibleTo(caller),
    history: container.get(TOKENS.History),
    unitOfWork: container.get(TOKENS.UnitOfWork),
    ...(options.tuf === undefined ? {} : { tuf: container.get(TOKENS.TufRepository) }),
    connect: () => database.connect(),
    close: () => container.unloadAsync(module),
  };
}
