import { distinctionArm } from "./distinction.js";
import type { Arm, ArmOptions, ArmType } from "./arm.js";

/**
 * D as many processes have it: as many repositories as there are connections, one connection each. No two updates at a time
 * are in one repository, so that nothing but the database stands between writers.
 */
export const distinctionApartArm: ArmType = {
  name: "distinction, apart",
  guarantee: "version checked",
  async open({ poolSize, ...options }: ArmOptions): Promise<Arm> {
    const all = await Promise.all(
      Array.from({ length: poolSize }, () => distinctionArm.open({ ...options, poolSize: 1 })),
    );
    const idle = [...all];
    const one = async <T>(work: (arm: Arm) => Promise<T>): Promise<T> => {
      const arm = idle.pop();
      if (arm === undefined) throw new Error(`more than ${poolSize} at a time`);
      try {
        return await work(arm);
      } finally {
        idle.push(arm);
      }
    };
    return {
      setAttribute: (id, attribute, value) => one((arm) => arm.setAttribute(id, attribute, value)),
      increment: (id, attribute) => one((arm) => arm.increment(id, attribute)),
      read: (id) => one((arm) => arm.read(id)),
      saveUnchanged: (id, loaded) => one((arm) => arm.saveUnchanged(id, loaded)),
      close: async () => void (await Promise.all(all.map((arm) => arm.close()))),
    };
  },
};
