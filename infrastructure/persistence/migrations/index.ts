import { CreateImages1763700000000 } from "./1763700000000-create-images.js";
import { CreateTuf1763700000001 } from "./1763700000001-create-tuf.js";
import { CreateHistory1763700000002 } from "./1763700000002-create-history.js";
import { TufTrust1763700000003 } from "./1763700000003-tuf-trust.js";
import { TufDifferences1763700000004 } from "./1763700000004-tuf-differences.js";
import { CompleteImages1763700000005 } from "./1763700000005-complete-images.js";
import { TufDelegations1763700000006 } from "./1763700000006-tuf-delegations.js";
import { IndexVisibleImages1763700000007 } from "./1763700000007-index-visible-images.js";
import { MarkRemovedImages1763700000008 } from "./1763700000008-mark-removed-images.js";
import { TufBinsByPrefix1763700000009 } from "./1763700000009-tuf-bins-by-prefix.js";
import { TufUnpublishedTrust1763700000010 } from "./1763700000010-tuf-unpublished-trust.js";

/** For the `migrations` of a data source whose entities have a history (the option `history` of `distinct`). */
export const HISTORY_MIGRATIONS = [CreateHistory1763700000002] as const;

/** All migrations, oldest first. Published ones never change. */
export const MIGRATIONS = [
  CreateImages1763700000000,
  CreateTuf1763700000001,
  CreateHistory1763700000002,
  TufTrust1763700000003,
  TufDifferences1763700000004,
  CompleteImages1763700000005,
  TufDelegations1763700000006,
  IndexVisibleImages1763700000007,
  MarkRemovedImages1763700000008,
  TufBinsByPrefix1763700000009,
  TufUnpublishedTrust1763700000010,
] as const;
