import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Signer } from "../../domain/tuf/signer.js";

/** What the stand-in does with the next requests. */
export type Mood = "well" | "silent" | "refusing" | "garbled" | "forging" | "redirecting" | "hanging up";

/** A signing service on loopback that holds keys, as a KMS behind HTTP does. */
export interface TestSigningService {
  readonly url: string;
  mood: Mood;
  /** Bearer tokens that were sent. */
  readonly tokens: (string | undefined)[];
  hold(signer: Signer, pem: string): void;
  close(): Promise<void>;
}

export async function startSigningService(): Promise<TestSigningService> {
  const held = new Map<string, { readonly signer: Signer; readonly privateKey: KeyObject }>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    service.tokens.push(request.headers.authorization);
    const [, keyId = "", action] = /^\/kms\/keys\/([0-9a-f]+)(\/sign)?$/.exec(request.url ?? "") ?? [];
    const key = held.get(keyId);
    if (service.mood === "silent") return;
    if (service.mood === "hanging up") return void request.socket.destroy();
    if (service.mood === "refusing") return void response.writeHead(403).end("SECRET denied");
    if (service.mood === "garbled") return void response.writeHead(200).end("SECRET<html>");
    if (service.mood === "redirecting") return void response.writeHead(302, { location: "/elsewhere" }).end();
    if (key === undefined) return void response.writeHead(404).end();
    if (action === undefined) {
      const publicKey = createPublicKey(key.privateKey).export({ type: "spki", format: "pem" });
      return void response.end(JSON.stringify({ publicKey }));
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { message } = JSON.parse(Buffer.concat(chunks).toString()) as { message: string };
    const bytes = Buffer.from(message, "base64");
    const signature = await key.signer.sign(service.mood === "forging" ? Buffer.from("other") : bytes);
    response.end(JSON.stringify({ signature: Buffer.from(signature).toString("base64") }));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const service: TestSigningService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/kms`,
    mood: "well",
    tokens: [],
    hold: (signer, pem) => void held.set(signer.keyId, { signer, privateKey: createPrivateKey(pem) }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return service;
}
