import { CreateImages1763700000000 } from "./1763700000000-create-images.js";

/** All migrations, oldest first. Published ones never change. */
export const MIGRATIONS = [CreateImages1763700000000] as const;
