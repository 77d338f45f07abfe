import type { Workload } from "./bench.js";

type Named = Pick<Workload, "id">;

export function idsOf(workloads: readonly Named[]): string {
  return workloads.map(({ id }) => id).join(",");
}

/**
 * The workloads that a list such as `W1,w8` is of, in the order in which they run.
 *
 * @throws Error where it names one that is not there, or none
 */
export function named<W extends Named>(list: string, workloads: readonly W[]): readonly W[] {
  const ids = list.split(",").map((id) => id.trim().toUpperCase());
  if (ids.includes("")) throw new Error(`it is to be some of ${idsOf(workloads)}`);
  const unknown = ids.find((id) => !workloads.some((workload) => workload.id === id));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}`);
  return workloads.filter(({ id }) => ids.includes(id));
}
