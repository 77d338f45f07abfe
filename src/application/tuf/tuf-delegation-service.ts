import { requireOptions } from "../../../domain/distinction/arguments.js";
import type { Alteration } from "../../../domain/tuf/delegation-change.js";
import type { Signature } from "../../../domain/tuf/metadata-document.js";
import type { RoleTrust } from "../../../domain/tuf/trust.js";
import { addDelegation, type AddDelegationPorts, type DelegationRequest } from "./delegations/add-delegation.js";
import { alterDelegation } from "./delegations/alter-delegation.js";
import {
  addDelegationSignature,
  cancelDelegationSigning,
  type DelegationSigning,
  delegationSigning,
  type DelegationSigningPorts,
  signDelegation,
  type SignDelegationReport,
} from "./delegations/delegation-signing.js";
import {
  type DelegationStatus,
  delegationStatuses,
  type DelegationStatusPorts,
} from "./delegations/delegation-status.js";
import { type HiddenPorts, type HiddenTargets, hiddenTargets } from "./delegations/hidden-targets.js";
import { removeDelegation, type RemoveOptions } from "./delegations/remove-delegation.js";
import { ALTERATION, DELEGATION_REQUEST, REMOVE_OPTIONS } from "./service-options.js";

export type TufDelegationPorts = AddDelegationPorts & DelegationSigningPorts & DelegationStatusPorts & HiddenPorts;

/**
 * The custom roles of one TUF repository. What changes is published by the next publish. Options are checked as those of
 * `TufRepositoryService` are.
 */
export class TufDelegationService {
  constructor(
    private readonly ports: TufDelegationPorts,
    readonly name: string,
  ) {}

  /** Delegates path patterns to a role with keys of its own. See `addDelegation`. */
  async add(request: DelegationRequest): Promise<RoleTrust> {
    requireOptions("tuf.delegations.add", DELEGATION_REQUEST, request);
    return addDelegation(this.ports, this.name, request);
  }

  /** Changes patterns, order, lifetime, or whether a role is terminating. See `alterDelegation`. */
  async alter(role: string, to: Alteration): Promise<void> {
    requireOptions("tuf.delegations.alter", ALTERATION, to);
    return alterDelegation(this.ports, this.name, role, to);
  }

  /** Ends a delegation. See `removeDelegation`. */
  async remove(role: string, options: RemoveOptions = {}): Promise<void> {
    requireOptions("tuf.delegations.remove", REMOVE_OPTIONS, options);
    return removeDelegation(this.ports, this.name, role, options);
  }

  /** All custom roles, in the order in which clients ask them. See `delegationStatuses`. */
  list(): Promise<readonly DelegationStatus[]> {
    return delegationStatuses(this.ports, this.name);
  }

  /** Which targets no client finds, because of roles that it asks before. See `hiddenTargets`. */
  hidden(): Promise<readonly HiddenTargets[]> {
    return hiddenTargets(this.ports, this.name);
  }

  /** What awaits signatures of a role. See `delegationSigning`. */
  signing(role: string): Promise<DelegationSigning> {
    return delegationSigning(this.ports, this.name, role);
  }

  /** Signs what awaits signatures of a role with keys at hand. See `signDelegation`. */
  sign(role: string, keyIds?: readonly string[]): Promise<SignDelegationReport> {
    return signDelegation(this.ports, this.name, role, keyIds);
  }

  /** Adds a signature that was made elsewhere. See `addDelegationSignature`. */
  addSignature(role: string, signature: Signature): Promise<DelegationSigning> {
    return addDelegationSignature(this.ports, this.name, role, signature);
  }

  /** Gives up what awaits signatures of a role. See `cancelDelegationSigning`. */
  cancelSigning(role: string): Promise<void> {
    return cancelDelegationSigning(this.ports, this.name, role);
  }
}
