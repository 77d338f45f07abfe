import { runAsChild } from "../support/child-side.js";
import { TufClient } from "./tuf-client.js";

export interface Download {
  /** What the client keeps between its refreshes. */
  readonly directory: string;
  readonly url: string;
  readonly paths: readonly string[];
}

/** One run of a client program: where it has much to verify, it keeps its process from everything else. */
await runAsChild<Download, readonly (string | null)[]>(async ({ directory, url, paths }) => {
  const contents = await TufClient.keptIn(directory, url).download(...paths);
  return contents.map((content) => content ?? null);
});
