import { aptSource, thisMachine } from "./apt-source.js";
import { dockerSource, testcontainersEngine } from "./docker-source.js";
import { localSource } from "./local-source.js";
import type { Say, ServerSource } from "./test-server.js";
import { urlSource } from "./url-source.js";

/** In the order in which they are asked: named by a person, disposable, on the machine, to be installed. */
export function serverSources(environment: NodeJS.ProcessEnv, say: Say): ServerSource[] {
  const local = localSource(environment, say);
  return [
    urlSource(environment),
    dockerSource(testcontainersEngine("in memory"), say),
    local,
    aptSource(thisMachine(environment), local, say),
  ];
}
