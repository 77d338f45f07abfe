import { connect, type Socket } from "node:net";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import { errorCode } from "./server-error.js";

/** Milliseconds that a server may be silent while it is connected to and looked at, where nobody says otherwise. */
export const CONNECT_TIMEOUT = 10_000;

/** A connection to a server, as `net` makes it. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Ends a connection whose server does not answer, as if it had broken: all that waits on it fails, and the pool lets it go.
 * The driver's own `destroy` would leave its callbacks waiting.
 */
export function hangUp(socket: Socket): void {
  socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
}

/** Hangs up once nothing has come or gone for so many milliseconds. Answers how to stop that. */
export function hangUpOnSilence(socket: Socket, limit: number): () => void {
  const silent = (): void => hangUp(socket);
  socket.setTimeout(limit, silent);
  return () => {
    socket.setTimeout(0);
    socket.off("timeout", silent);
  };
}

/** Connections that are hung up on silence until all of them are trusted. */
export class SilenceWatch {
  readonly #stops: (() => void)[] = [];
  #isOver = false;

  constructor(private readonly limit: number) {}

  /** A connection as mysql2 makes it by itself. */
  connected({ host, port }: Address): Socket {
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    if (!this.#isOver) this.#stops.push(hangUpOnSilence(socket, this.limit));
    return socket;
  }

  end(): void {
    this.#isOver = true;
    for (const stop of this.#stops.splice(0)) stop();
  }
}

/**
 * Runs what opens a database, and tells of a server that was silent for too long.
 *
 * @param server where it is, for the message
 * @param limit milliseconds
 * @throws DistinctionError `DATABASE_UNAVAILABLE`
 */
export async function unlessSilent<T>(server: string, limit: number, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (errorCode(error) !== "ETIMEDOUT") throw error;
    throw new DistinctionError("DATABASE_UNAVAILABLE", `${server} did not answer within ${limit} ms`);
  }
}
