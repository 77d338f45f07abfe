import { CreateImages1763700000000 } from "./1763700000000-create-images.js";
import { CreateTuf1763700000001 } from "./1763700000001-create-tuf.js";

/** All migrations, oldest first. Published ones never change. */
export const MIGRATIONS = [CreateImages1763700000000, CreateTuf1763700000001] as const;
