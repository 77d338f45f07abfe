import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";

/** What becomes of the next packet to the server that holds a certain text. */
export type Mishap =
  /** It arrives; the answer does not, and the connection breaks. */
  | "drop reply"
  /** It does not arrive: the connection breaks both ways. */
  | "cut before"
  /** It is held back while the client's side breaks, and arrives when `release` is called. */
  | "hold"
  /** It arrives; no answer ever does, and the connection stays open. */
  | "freeze";

/** Stands between clients and a server, passes everything on, and breaks connections when told to. */
export class TcpProxy {
  readonly #server = createServer((client) => this.#join(client));
  readonly #pairs = new Set<{ client: Socket; upstream: Socket }>();
  #mishap: { text: RegExp | string; kind: Mishap } | undefined;
  #held: (() => void) | undefined;
  /** Milliseconds by which packets to the server are held back. */
  delay = 0;
  /**
   * Called for every packet to the server, before it is passed on. `"cut"` breaks its connection instead, `"drop"` in place of
   * the answer.
   */
  onPacket: (packet: Buffer) => "pass" | "cut" | "drop" = () => "pass";
  mishaps = 0;
  /** Whether no answer arrives on any connection. */
  isFrozen = false;
  /** Whether new connections are hung up on. */
  refuses = false;

  private constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /** Listens on a free port of this machine for connections to `host:port`. */
  static async to(host: string, port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(host, port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** `url` by way of this proxy. */
  through(url: string): string {
    const by = new URL(url);
    by.hostname = "127.0.0.1";
    by.port = String((this.#server.address() as AddressInfo).port);
    return by.href;
  }

  /** Breaks the connection that next sends `text` to the server; later ones are left alone. */
  breakAt(text: RegExp | string, kind: Mishap): void {
    this.#mishap = { text, kind };
  }

  /** Lets the server have the packet that was held. */
  release(): void {
    this.#held?.();
    this.#held = undefined;
  }

  /** Breaks all connections, both ways. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    if (this.refuses) return void client.resetAndDestroy();
    const upstream = createConnection(this.port, this.host);
    const pair = { client, upstream };
    this.#pairs.add(pair);
    let silent = false;
    let frozen = false;
    let detached = false;
    const part = (): void => {
      this.#pairs.delete(pair);
      if (!client.destroyed) client.destroy();
      if (!upstream.destroyed && !detached) upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.once("close", part);
    }
    upstream.on("data", (packet: Buffer) => {
      // The server has answered, so it has done what it was asked: that the client must not learn.
      if (frozen || this.isFrozen) return;
      if (silent) client.resetAndDestroy();
      else client.write(packet);
    });
    client.on("data", (packet: Buffer) => {
      const send = (): void => void (upstream.destroyed || upstream.write(packet));
      const fate = this.onPacket(packet);
      if (fate === "cut") return this.#cut(pair);
      if (fate === "drop") silent = true;
      const mishap = this.#mishap;
      if (mishap !== undefined && holds(packet, mishap.text)) {
        this.#mishap = undefined;
        if (mishap.kind === "cut before") return this.#cut(pair);
        this.mishaps++;
        if (mishap.kind === "drop reply") silent = true;
        else if (mishap.kind === "freeze") frozen = true;
        else {
          detached = true;
          this.#held = () => {
            send();
            upstream.once("data", () => upstream.destroy());
          };
          client.resetAndDestroy();
          return;
        }
      }
      if (this.delay > 0) setTimeout(send, this.delay);
      else send();
    });
  }

  #cut({ client, upstream }: { client: Socket; upstream: Socket }): void {
    this.mishaps++;
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  }
}

function holds(packet: Buffer, text: RegExp | string): boolean {
  return typeof text === "string" ? packet.includes(text) : text.test(packet.toString("latin1"));
}
