import { Apart } from "../apart.js";
import { distinctionImages } from "./distinction.js";
import type { ImageArm, ImageArmType } from "./image-arm.js";

/** D as many processes have it: see `distinctionApartArm`. */
export const distinctionApartImages: ImageArmType = {
  name: "distinction, apart",
  guarantee: "version checked",
  async open({ poolSize, ...options }): Promise<ImageArm> {
    const apart = await Apart.open(poolSize, () => distinctionImages.open({ ...options, poolSize: 1 }));
    return {
      load: (id) => apart.one((arm) => arm.load(id)),
      raise: (id, property) => apart.one((arm) => arm.raise(id, property)),
      add: (id, image) => apart.one((arm) => arm.add(id, image)),
      remove: (id) => apart.one((arm) => arm.remove(id)),
      close: () => apart.close(),
    };
  },
};
