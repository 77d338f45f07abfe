import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";

/** What a test does with a request before the server acts: an answer in its place, or `undefined` to let it be. */
export type Interposed = (request: S3Request) => Promise<S3Answer | undefined> | S3Answer | undefined;

export interface S3Request {
  readonly method: string;
  readonly key: string;
  /** Whether it comes from an S3 client, and not from somebody who just reads over HTTP. */
  readonly isSigned: boolean;
  /** What the server does otherwise, in one tick. */
  act(): S3Answer;
}

export interface S3Answer {
  readonly status: number;
  readonly code?: string;
  readonly body?: Uint8Array | string;
  readonly etag?: string;
  /** Of what HEAD is asked about. */
  readonly length?: number;
}

const OK = 200;
const REFUSED = { status: 412, code: "PreconditionFailed" };
const NO_SUCH_KEY = { status: 404, code: "NoSuchKey" };

/**
 * The part of S3 that published files need, on loopback: GET, HEAD, PUT, DELETE and LIST of one bucket, PUT with `If-None-Match: *`
 * and `If-Match` as the service documents them. Each request is acted on in one tick, as S3 acts on one key atomically.
 */
export class S3Server {
  readonly bucket = "metadata-bucket";
  readonly objects = new Map<string, Uint8Array>();
  /** `Cache-Control` of the objects, as they were put. */
  readonly caching = new Map<string, string | undefined>();
  /** Every request that arrived, as `METHOD key`. */
  readonly requests: string[] = [];
  /** Whether PUT honours conditions; there are servers that do not. */
  honoursConditions = true;
  interposed: Interposed = () => undefined;

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<S3Server> {
    const server = createServer((request, response) => {
      s3.answer(request).then(
        ({ status, code, body, etag, length }) => {
          const text = code === undefined ? body : `<Error><Code>${code}</Code><Message>as asked</Message></Error>`;
          const size = length === undefined ? {} : { "content-length": length };
          response.writeHead(status, { ...size, ...(etag === undefined ? {} : { etag }) }).end(text);
        },
        () => response.writeHead(500).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
    const s3: S3Server = new S3Server(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, close);
    return s3;
  }

  /** A client of this server; one attempt per request, so that a test sees each failure. */
  client(): S3Client {
    return s3ClientOf(this.url, 1);
  }

  private async answer(request: IncomingMessage): Promise<S3Answer> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    const [, bucket, ...segments] = decodeURIComponent(pathname).split("/");
    const key = segments.join("/");
    const method = request.method ?? "";
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests.push(`${method} ${key}`);
    const isSigned = request.headers.authorization !== undefined;
    const act = (): S3Answer => {
      if (bucket !== this.bucket) return { status: 404, code: "NoSuchBucket" };
      if (method === "GET" && key === "") return this.list(searchParams.get("prefix") ?? "");
      if (method === "GET") return this.get(key);
      if (method === "HEAD") return this.head(key);
      if (method === "PUT") return this.put(key, Buffer.concat(chunks), request.headers);
      if (method !== "DELETE") return { status: 405, code: "MethodNotAllowed" };
      this.objects.delete(key);
      return { status: 204 };
    };
    return (await this.interposed({ method, key, isSigned, act })) ?? act();
  }

  private get(key: string): S3Answer {
    const body = this.objects.get(key);
    return body === undefined ? NO_SUCH_KEY : { status: OK, body, etag: etagOf(body) };
  }

  private head(key: string): S3Answer {
    const body = this.objects.get(key);
    return body === undefined ? { status: 404 } : { status: OK, etag: etagOf(body), length: body.length };
  }

  private put(key: string, body: Buffer, headers: IncomingMessage["headers"]): S3Answer {
    const { "if-none-match": ifNoneMatch, "if-match": ifMatch } = headers;
    const current = this.objects.get(key);
    if (this.honoursConditions) {
      if (ifNoneMatch === "*" && current !== undefined) return REFUSED;
      if (ifMatch !== undefined && current === undefined) return NO_SUCH_KEY;
      if (ifMatch !== undefined && ifMatch !== etagOf(current!)) return REFUSED;
    }
    this.objects.set(key, body);
    this.caching.set(key, headers["cache-control"]);
    return { status: OK, etag: etagOf(body) };
  }

  private list(prefix: string): S3Answer {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
    return { status: OK, body: `<ListBucketResult>${contents}</ListBucketResult>` };
  }
}

/** A client of the server at that address. */
export function s3ClientOf(endpoint: string, maxAttempts: number): S3Client {
  return new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts,
    credentials: { accessKeyId: "AKIATESTTESTTEST", secretAccessKey: "very-secret-access-key" },
  });
}

function etagOf(body: Uint8Array): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}
