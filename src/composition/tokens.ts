import type { ServiceIdentifier } from "inversify";
import type { Clock } from "../../domain/distinction/clock.js";
import type { RepositoryEnvironment } from "../../domain/distinction/repository-environment.js";
import type { History } from "../../domain/distinction/history.js";
import type { ImageFactory } from "../../domain/image/image-factory.js";
import type { ImageGateway } from "../../domain/image/image-gateway.js";
import type { ImageRepository } from "../../domain/image/image-repository.js";
import type { ImageUpkeep } from "../../domain/image/image-upkeep.js";
import type { ImageMemberRepository } from "../../domain/image/member-repository.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import type { TufRepositoryService } from "../application/tuf/tuf-repository-service.js";

function token<T>(name: string): ServiceIdentifier<T> {
  return Symbol.for(`distinction.${name}`);
}

/** What `distinctionModule` binds. Each token carries its type, so that a wrong injection does not compile. */
export const TOKENS = {
  Clock: token<Clock>("Clock"),
  Database: token<Database>("Database"),
  History: token<History>("History"),
  ImageFactory: token<ImageFactory>("ImageFactory"),
  ImageGateway: token<ImageGateway>("ImageGateway"),
  ImageMemberRepository: token<ImageMemberRepository>("ImageMemberRepository"),
  ImageUpkeep: token<ImageUpkeep>("ImageUpkeep"),
  ImageRepository: token<ImageRepository>("ImageRepository"),
  RepositoryEnvironment: token<RepositoryEnvironment>("RepositoryEnvironment"),
  /** Bound only where the module's `tuf` option names a storage. */
  TufRepository: token<TufRepositoryService>("TufRepository"),
  UnitOfWork: token<UnitOfWork>("UnitOfWork"),
} as const;
