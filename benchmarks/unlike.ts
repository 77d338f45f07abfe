import { durabilitySettings, serverName, type Environment } from "./environment.js";

/** What times depend on. */
type Compared = Pick<Environment, "processors" | "node" | "commit" | "server">;

/** What two runs were made with that is not the same, a sentence each: their figures may differ by it. */
export function unlike(first: Compared, second: Compared): string[] {
  const other = comparable(second);
  return Object.entries(comparable(first))
    .filter(([name, value]) => value !== other[name])
    .map(([name, value]) => `${name}: ${value} in the first run, ${other[name]!} in the second`);
}

function comparable(environment: Compared): Record<string, string> {
  const { processors, node, commit } = environment;
  return { processors, server: serverName(environment), ...durabilitySettings(environment), Node: node, commit };
}
