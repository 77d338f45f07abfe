import {
  aFlag,
  aFunction,
  anArray,
  aPlainObject,
  aSignal,
  aWholeNumberFrom,
  type Rule,
  type Rules,
  someText,
} from "../../../domain/distinction/arguments.js";
import type { Alteration } from "../../../domain/tuf/delegation-change.js";
import type { CeremonyRequest } from "./creation/begin-root-ceremony.js";
import type { DelegationRequest } from "./delegations/add-delegation.js";
import type { RemoveOptions } from "./delegations/remove-delegation.js";
import type { ImportRequest } from "./import/import-tuf-repository.js";
import type { CreateRequest } from "./creation/new-repository.js";
import type { PruneOptions } from "./publish/prune-tuf-repository.js";
import type { RenewOptions } from "./publish/publish-tuf-repository.js";
import type { EditOptions } from "./targets/edit-bins.js";
import type { RootProposal } from "./trust/propose-root.js";

/** What a use case checks, with a code of its own. */
const checkedThere: Rule = () => undefined;

const NEW_REPOSITORY = {
  bins: checkedThere,
  namePrefix: someText,
  binsByPrefix: aFlag,
  expiry: checkedThere,
};

/** Options of a TUF repository's methods: a misspelt one, or `NaN` for a time, would do nothing and report success. */
export const CREATE_REQUEST: Rules<keyof Omit<CreateRequest, "name">> = { ...NEW_REPOSITORY, roles: aPlainObject };
export const IMPORT_REQUEST: Rules<keyof Omit<ImportRequest, "name">> = { ...NEW_REPOSITORY, onTargets: aFunction };
export const EDIT_OPTIONS: Rules<keyof EditOptions> = { signal: aSignal, onEdits: aFunction };
export const RENEW_OPTIONS: Rules<keyof RenewOptions> = { within: aWholeNumberFrom(0), limit: aWholeNumberFrom(1) };
export const PRUNE_OPTIONS: Rules<keyof PruneOptions> = {
  keepFor: aWholeNumberFrom(0),
  signal: aSignal,
  onFiles: aFunction,
};
export const CEREMONY_REQUEST: Rules<keyof Omit<CeremonyRequest, "name">> = CREATE_REQUEST;
/** `expires` has four digits for the year. */
const LAST_YEAR = Date.UTC(9999, 0);
export const ROOT_PROPOSAL: Rules<keyof RootProposal> = { changes: anArray, expires: aWholeNumberFrom(0, LAST_YEAR) };
const DELEGATION = { paths: checkedThere, terminating: aFlag, expiry: checkedThere };
export const DELEGATION_REQUEST: Rules<keyof DelegationRequest> = {
  ...DELEGATION,
  role: checkedThere,
  keys: aPlainObject,
  below: someText,
  before: someText,
  bins: checkedThere,
};
/** `before` may be `null`. */
export const ALTERATION: Rules<keyof Alteration> = { ...DELEGATION, before: checkedThere };
export const REMOVE_OPTIONS: Rules<keyof RemoveOptions> = { withTargets: aFlag };
