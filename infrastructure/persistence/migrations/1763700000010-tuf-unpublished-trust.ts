import type { MigrationInterface, QueryRunner } from "typeorm";
import { runAll } from "./flavour.js";

/** `tuf_role_trust.transition_ends` where a change of trust is not known to be published. */
const UNPUBLISHED = Number.MAX_SAFE_INTEGER;

/** Milliseconds. */
const TRANSITION = 600_000;

/**
 * Transitions ended ten minutes after the change, and now ten minutes after it is published. Whether those under way were is
 * not known: the next export that finds them published ends them.
 */
export class TufUnpublishedTrust1763700000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runAll(runner, [`UPDATE tuf_role_trust SET transition_ends = ${UNPUBLISHED} WHERE transition_ends > 0`]);
  }

  async down(runner: QueryRunner): Promise<void> {
    const end = Date.now() + TRANSITION;
    await runAll(runner, [`UPDATE tuf_role_trust SET transition_ends = ${end} WHERE transition_ends = ${UNPUBLISHED}`]);
  }
}
