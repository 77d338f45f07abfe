/** A running server that speaks the MySQL protocol, and how to give it back. */
export interface TestServer {
  /** Without a database: `mysql://root@127.0.0.1:41234/`. */
  readonly url: string;
  /** Where it came from, for the line on the console. */
  readonly name: string;
  /** Leaves a server alone that somebody else started. */
  stop(): Promise<void>;
}

/** One way to come by a server. `undefined` means "not here, ask the next"; an error ends the search. */
export interface ServerSource {
  readonly name: string;
  find(): Promise<TestServer | undefined>;
}

/** Says on the console what happens, so that nobody wonders which server the tests ran on. */
export type Say = (line: string) => void;
