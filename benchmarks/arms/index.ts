import type { ArmType, BatchArm } from "./arm.js";
import { distinctionArm } from "./distinction.js";
import { handwrittenArm, pessimisticArm } from "./handwritten.js";
import { mikroormArm } from "./mikroorm.js";
import { sequelizeArm } from "./sequelize.js";
import { typeormArm } from "./typeorm.js";

export { distinctionArm, handwrittenArm, pessimisticArm };

/** The libraries that do what distinction does. */
export const PEERS: readonly ArmType<BatchArm>[] = [typeormArm, mikroormArm, sequelizeArm];

export const OPTIMISTIC: readonly ArmType<BatchArm>[] = [distinctionArm, handwrittenArm, ...PEERS];

export const ALL: readonly ArmType[] = [...OPTIMISTIC, pessimisticArm];
