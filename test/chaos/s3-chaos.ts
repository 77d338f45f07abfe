import { afterEach, beforeEach } from "vitest";
import { forgetRepositories } from "../integration/tuf-place.js";
import { S3Server } from "../support/s3-server.js";
import { Chaos } from "./chaos.js";
import type { S3Chaos } from "./s3-tests.js";

/** For each test an S3 server and a repository that is published to it. */
export function s3ChaosOfEachTest(url: () => string): () => S3Chaos {
  let both: S3Chaos;
  beforeEach(async () => {
    await forgetRepositories(url());
    const server = await S3Server.start();
    both = { server, chaos: await Chaos.begin(url(), `${server.url}/${server.bucket}`) };
  });
  afterEach(async () => {
    await both.chaos.end();
    await both.server.close();
  });
  return () => both;
}
