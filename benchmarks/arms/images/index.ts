import { distinctionApartImages } from "./distinction-apart.js";
import { distinctionImages } from "./distinction.js";
import { fullWriteImages } from "./full-write.js";
import { handwrittenImages } from "./handwritten.js";
import type { ImageArmType } from "./image-arm.js";
import { mikroormImages } from "./mikroorm.js";
import { referenceImages } from "./reference.js";
import { sequelizeImages } from "./sequelize.js";
import { typeormImages } from "./typeorm.js";

/** All that store images with their collections. */
export const IMAGE_ARMS: readonly ImageArmType[] = [
  distinctionImages,
  handwrittenImages,
  fullWriteImages,
  referenceImages,
  typeormImages,
  mikroormImages,
  sequelizeImages,
];

/** This library, its writers in one process and as in several. */
export const OWN_IMAGES: readonly ImageArmType[] = [distinctionImages, distinctionApartImages];

/** All that can update one image from many sides. */
export const CONTENDING_IMAGES: readonly ImageArmType[] = [
  ...OWN_IMAGES,
  ...IMAGE_ARMS.filter((type) => !OWN_IMAGES.includes(type)),
];
