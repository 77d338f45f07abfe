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
