import type { ArmType } from "./arm.js";
import { distinctionArm } from "./distinction.js";
import { handwrittenArm, pessimisticArm } from "./handwritten.js";
import { mikroormArm } from "./mikroorm.js";
import { sequelizeArm } from "./sequelize.js";
import { typeormArm } from "./typeorm.js";

export { distinctionArm };

/** The libraries that do what distinction does. */
export const PEERS: readonly ArmType[] = [typeormArm, mikroormArm, sequelizeArm];

export const OPTIMISTIC: readonly ArmType[] = [distinctionArm, handwrittenArm, ...PEERS];

export const ALL: readonly ArmType[] = [...OPTIMISTIC, pessimisticArm];
