import { TufError } from "../../domain/tuf/errors.js";

export interface SigningServiceOptions {
  /** Base address; `http` only for loopback, since tokens and documents travel over it. */
  readonly url: string;
  /** Sent as a bearer token; asked for at each request, so that it may be renewed. */
  readonly token?: () => string | Promise<string>;
  /** Milliseconds until a request is given up; 10,000 by default. */
  readonly timeout?: number;
}

const DEFAULT_TIMEOUT = 10_000;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

type Answer = Readonly<Record<string, unknown>>;

/** The HTTP side of a signing service. What goes wrong is told by kind: never by what was sent, nor by what came back. */
export class SigningService {
  readonly #base: URL;
  readonly #timeout: number;
  readonly #token: SigningServiceOptions["token"];

  /**
   * @throws {TufError} SIGNER_UNAVAILABLE for an address that is none, or that would be spoken to in clear text
   */
  constructor({ url, token, timeout = DEFAULT_TIMEOUT }: SigningServiceOptions) {
    this.#base = baseOf(url);
    this.#timeout = timeout;
    this.#token = token;
  }

  /** The answer, or `undefined` for 404. */
  get(path: string): Promise<Answer | undefined> {
    return this.#request(path, { method: "GET" }, "optional");
  }

  async post(path: string, body: Readonly<Record<string, string>>): Promise<Answer> {
    const init = { method: "POST", body: JSON.stringify(body) };
    return (await this.#request(path, init, "required"))!;
  }

  async #request(
    path: string,
    init: { readonly method: string; readonly body?: string },
    presence: "optional" | "required",
  ): Promise<Answer | undefined> {
    const response = await this.#sent(path, init);
    if (response.status === 404 && presence === "optional") {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw unavailable(`status ${response.status}`);
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (typeof answer === "object" && answer !== null) return answer as Answer;
    throw unavailable("no JSON object");
  }

  async #sent(path: string, init: { readonly method: string; readonly body?: string }): Promise<Response> {
    const token = await this.#token?.();
    const headers = {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const signal = AbortSignal.timeout(this.#timeout);
    try {
      // A redirect would carry the token to wherever it points.
      return await fetch(new URL(path, this.#base), { ...init, headers, signal, redirect: "error" });
    } catch (error) {
      const isLate = error instanceof Error && error.name === "TimeoutError";
      throw unavailable(isLate ? `nothing within ${this.#timeout} ms` : "no connection");
    }
  }
}

export function unavailable(answer: string): TufError {
  return new TufError("SIGNER_UNAVAILABLE", `the signing service answered: ${answer}`);
}

function baseOf(url: string): URL {
  const base = URL.canParse(url) ? new URL(url.endsWith("/") ? url : `${url}/`) : undefined;
  if (base?.protocol === "https:" || (base?.protocol === "http:" && LOOPBACK.has(base.hostname))) return base;
  throw new TufError(
    "SIGNER_UNAVAILABLE",
    "the address of a signing service begins with https:// (http:// on loopback)",
  );
}
