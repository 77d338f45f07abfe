import { serverVersion } from "./server-version.js";
import type { ServerSource } from "./test-server.js";

export const URL_VARIABLE = "DISTINCTION_TEST_DATABASE_URL";

/** Whoever names a server wants that one: if it cannot be used, falling back to another would hide the mistake. */
export function urlSource(
  environment: NodeJS.ProcessEnv,
  versionOf: (url: string) => Promise<string> = serverVersion,
): ServerSource {
  return {
    name: URL_VARIABLE,
    async find() {
      const text = environment[URL_VARIABLE];
      if (text === undefined || text === "") return undefined;
      const url = serverUrl(text);
      const shown = withoutPassword(url);
      try {
        const version = await versionOf(url.href);
        return { url: url.href, name: `${URL_VARIABLE}, ${version} at ${shown}`, stop: () => Promise.resolve() };
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
        throw new Error(`${URL_VARIABLE} names ${shown}, which cannot be used: ${reason}`, { cause });
      }
    },
  };
}

/** The tests make databases of their own, so one in the path is dropped. The text itself may hold a password: never shown. */
function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["mysql:", "mariadb:"].includes(url.protocol) || url.hostname === "") {
    throw new Error(
      `${URL_VARIABLE} must be like mysql://user:password@host:3306/ or mariadb://user:password@host:3306/`,
    );
  }
  url.pathname = "/";
  return url;
}

function withoutPassword(url: URL): string {
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "***";
  shown.search = "";
  return shown.href;
}
