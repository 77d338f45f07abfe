import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { S3MetadataFiles } from "../../infrastructure/storage/s3-metadata-files.js";
import { S3Server } from "../support/s3-server.js";
import { describeMetadataFiles, putFile, timestampOf } from "./metadata-files.js";

const PREFIX = "some/prefix/";

describeMetadataFiles("published files in S3", async () => {
  const server = await S3Server.start();
  const client = server.client();
  return {
    open: () => new S3MetadataFiles(client, { bucket: server.bucket, prefix: PREFIX }),
    names: () => {
      const keys = [...server.objects.keys()].filter((key) => !key.startsWith(`${PREFIX}.`)).sort();
      return Promise.resolve(keys.map((key) => key.slice(PREFIX.length)));
    },
    put: (name, bytes) => Promise.resolve(void server.objects.set(PREFIX + name, bytes)),
    delete: (name) => Promise.resolve(void server.objects.delete(PREFIX + name)),
    close: () => {
      client.destroy();
      return server.close();
    },
  };
});

describe("S3", () => {
  let server: S3Server;
  let files: S3MetadataFiles;
  beforeEach(async () => {
    server = await S3Server.start();
    files = new S3MetadataFiles(server.client(), { bucket: server.bucket });
  });
  afterEach(() => server.close());

  const version = () =>
    (JSON.parse(Buffer.from(server.objects.get("timestamp.json")!).toString()) as { signed: { version: number } })
      .signed.version;

  it("refuses a slow writer's timestamp that arrives after newer ones", async () => {
    await files.replaceTimestamp(1, timestampOf(1));
    const slow = new S3MetadataFiles(server.client(), { bucket: server.bucket });
    let arrive = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    let held = (): void => undefined;
    const isHeld = new Promise<void>((resolve) => (held = resolve));
    server.interposed = async ({ method, key }) => {
      if (method !== "PUT" || key !== "timestamp.json") return undefined;
      server.interposed = () => undefined;
      held();
      await arrived;
      return undefined;
    };
    const outcome = slow.replaceTimestamp(2, timestampOf(2));
    await isHeld;
    expect(await files.replaceTimestamp(3, timestampOf(3))).toBe(true);
    arrive();
    expect(await outcome).toBe(false);
    expect(version()).toBe(3);
  });

  it.each(["If-None-Match", "If-Match"])("without %s is not written to", async (ignored) => {
    server.honoursConditions = false;
    if (ignored === "If-Match") {
      // Only the probe's second condition is left to fail.
      let puts = 0;
      server.interposed = ({ method }) =>
        method === "PUT" && ++puts === 1 ? { status: 412, code: "PreconditionFailed" } : undefined;
    }
    await expect(putFile(files, "1.root.json", Buffer.from("one"))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: `bucket ${server.bucket} cannot be used (it ignores ${ignored})`,
    });
    expect([...server.objects.keys()].filter((key) => key !== ".conditional-writes")).toEqual([]);
  });

  it("is asked for its conditions once, and again where the question failed", async () => {
    server.interposed = () => ({ status: 503, code: "SlowDown" });
    await expect(putFile(files, "1.root.json", Buffer.from("one"))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
    });
    server.interposed = () => undefined;
    server.requests.length = 0;
    await putFile(files, "1.root.json", Buffer.from("one"));
    await putFile(files, "2.root.json", Buffer.from("two"));
    expect(server.requests.filter((request) => request === "PUT .conditional-writes")).toHaveLength(3);
    expect(server.requests.slice(3)).toEqual(["PUT 1.root.json", "PUT 2.root.json"]);
  });

  it("tells caches the same of a file however it came there: never to ask again, but for the timestamp", async () => {
    const immutable = "public, max-age=31536000, immutable";
    const damaged = Buffer.from("damaged");
    await putFile(files, "1.root.json", Buffer.from("one"));
    await files.replaceTimestamp(1, timestampOf(1));
    const first = ["1.root.json", "timestamp.json"].map((name) => server.caching.get(name));
    expect(first).toEqual([immutable, "no-cache"]);
    await files.replaceTimestamp(2, timestampOf(2));
    expect(server.caching.get("timestamp.json")).toBe("no-cache");

    server.caching.clear();
    for (const [name, right] of [
      ["1.root.json", Buffer.from("one")],
      ["timestamp.json", timestampOf(2)],
    ] as const) {
      server.objects.set(name, damaged);
      expect(await files.restore(name, right, damaged)).toBe(true);
    }
    expect(["1.root.json", "timestamp.json"].map((name) => server.caching.get(name))).toEqual(first);
  });

  it("tries again after a conflict, but not for ever", async () => {
    await putFile(files, "1.root.json", Buffer.from("one"));
    const conflict = { status: 409, code: "ConditionalRequestConflict" };
    let conflicts = 3;
    server.interposed = () => (conflicts-- > 0 ? conflict : undefined);
    expect(await putFile(files, "2.root.json", Buffer.from("two"))).toBe(true);
    server.interposed = () => conflict;
    await expect(putFile(files, "3.root.json", Buffer.from("three"))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("10 conflicts") as string,
    });
  });

  it("counts a write whose answer was lost as there", async () => {
    await putFile(files, "1.root.json", Buffer.from("one"));
    server.interposed = ({ key }) => {
      server.objects.set(key, Buffer.from("two"));
      return { status: 500, code: "InternalError" };
    };
    await expect(putFile(files, "2.root.json", Buffer.from("two"))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
    });
    server.interposed = () => undefined;
    expect(await putFile(files, "2.root.json", Buffer.from("two"))).toBe(false);
  });

  it.each([
    [403, "InvalidAccessKeyId"],
    [403, "SignatureDoesNotMatch"],
    [404, "NoSuchBucket"],
    [500, "InternalError"],
  ])("that answers %i %s is unavailable; nothing in the error tells of credentials", async (status, code) => {
    const echo = `<Error><Code>${code}</Code><Message>AKIATESTTESTTEST</Message><AWSAccessKeyId>AKIATESTTESTTEST</AWSAccessKeyId></Error>`;
    server.interposed = () => ({ status, body: echo });
    for (const work of [
      () => files.read("1.root.json"),
      () => putFile(files, "1.root.json", Buffer.from("one")),
      () => files.replaceTimestamp(1, timestampOf(1)),
    ]) {
      const error: unknown = await work().catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: "STORAGE_UNAVAILABLE",
        message: `bucket ${server.bucket} cannot be used (${code}, HTTP ${status})`,
      });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/AKIA|secret/);
    }
  });

  it("that does not answer at all is unavailable", async () => {
    await server.close();
    await expect(files.read("1.root.json")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    server = await S3Server.start();
  });
});
