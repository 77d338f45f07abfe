import type { ArmType, BatchArm } from "./arm.js";
import { distinctionApartArm } from "./distinction-apart.js";
import { distinctionArm } from "./distinction.js";
import { handwrittenArm } from "./handwritten.js";
import { globalLockArm, pessimisticArm } from "./locking.js";
import { mikroormArm } from "./mikroorm.js";
import { sequelizeArm } from "./sequelize.js";
import { typeormArm } from "./typeorm.js";

export { distinctionArm };

/** The libraries that do what distinction does. */
export const PEERS: readonly ArmType<BatchArm>[] = [typeormArm, mikroormArm, sequelizeArm];

export const OPTIMISTIC: readonly ArmType<BatchArm>[] = [distinctionArm, handwrittenArm, ...PEERS];

/** This library, its writers in one process and as in several. */
export const OWN: readonly ArmType[] = [distinctionArm, distinctionApartArm];

/** All that can update one record from many sides. */
export const CONTENDING: readonly ArmType[] = [...OWN, handwrittenArm, ...PEERS, pessimisticArm, globalLockArm];
