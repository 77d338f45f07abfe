import { randomUUID } from "node:crypto";
import type { RepositoryEnvironment } from "../../domain/distinction/repository-environment.js";
import { DistinctImageFactory } from "../../domain/image/image-factory.js";
import { ImageGateway, type ImageGatewayOptions } from "../../domain/image/image-gateway.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { memoryImages } from "../../infrastructure/memory/memory-images.js";

/** Versions count from 1, so that tests can tell how often was written. */
export const environment: RepositoryEnvironment = { clock: systemClock, random: Math.random, firstVersion: () => 1 };

const factory = new DistinctImageFactory(systemClock, randomUUID);

export function newImage(values: NewImage = {}): Image {
  return factory.newImage(values);
}

/** Images and members in memory, as a service composes them. */
export function memoryGateway(options: ImageGatewayOptions = {}): ImageGateway {
  return new ImageGateway(memoryImages(), { ...environment, newId: randomUUID }, options);
}
