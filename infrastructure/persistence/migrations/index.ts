import { CreateImages1763700000000 } from "./1763700000000-create-images.js";
import { CreateTuf1763700000001 } from "./1763700000001-create-tuf.js";
import { CreateHistory1763700000002 } from "./1763700000002-create-history.js";

/** All migrations, oldest first. Published ones never change. */
export const MIGRATIONS = [CreateImages1763700000000, CreateTuf1763700000001, CreateHistory1763700000002] as const;
