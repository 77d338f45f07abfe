import { Apart } from "./apart.js";
import { distinctionArm } from "./distinction.js";
import type { Arm, ArmOptions, ArmType } from "./arm.js";

/**
 * D as many processes have it: as many repositories as there are connections, one connection each, so that nothing but the
 * database stands between writers.
 */
export const distinctionApartArm: ArmType = {
  name: "distinction, apart",
  guarantee: "version checked",
  async open({ poolSize, ...options }: ArmOptions): Promise<Arm> {
    const apart = await Apart.open<Arm>(poolSize, () => distinctionArm.open({ ...options, poolSize: 1 }));
    return {
      setAttribute: (id, attribute, value) => apart.one((arm) => arm.setAttribute(id, attribute, value)),
      increment: (id, attribute) => apart.one((arm) => arm.increment(id, attribute)),
      read: (id) => apart.one((arm) => arm.read(id)),
      saveUnchanged: (id, loaded) => apart.one((arm) => arm.saveUnchanged(id, loaded)),
      close: () => apart.close(),
    };
  },
};
