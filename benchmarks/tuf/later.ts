import { TufRepositoryService, type TufPorts } from "../../src/application/tuf/tuf-repository-service.js";

/** The service as it will be after some time: what it signs is of that time. */
export class LaterService extends TufRepositoryService {
  constructor(ports: TufPorts, name: string, later: number) {
    const { clock } = ports;
    super({ ...ports, clock: { ...clock, now: () => clock.now() + later } }, name);
  }
}
