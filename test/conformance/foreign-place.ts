import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ForeignDirectory } from "../../infrastructure/storage/foreign-directory.js";
import { ForeignWriter } from "./foreign-repository.js";
import { serve, TufClient } from "./tuf-client.js";

/** A repository of other tools at an address that clients know, which later shows what it was imported into. */
export class ForeignPlace {
  readonly #closing: (() => Promise<void>)[] = [];

  private constructor(
    readonly directory: string,
    readonly writer: ForeignWriter,
  ) {}

  static async make(): Promise<ForeignPlace> {
    const directory = await mkdtemp(join(tmpdir(), "distinction-foreign-"));
    return new ForeignPlace(directory, new ForeignWriter(join(directory, "theirs")));
  }

  get source(): ForeignDirectory {
    return new ForeignDirectory(this.writer.directory);
  }

  /** A client that trusts the first root, at the address; content of targets is their path. */
  async client(): Promise<TufClient> {
    const server = await serve(join(this.directory, "address"), (path) => Buffer.from(path));
    const client = await TufClient.trusting(join(this.writer.directory, "1.root.json"), server.url);
    this.#closing.push(
      () => client.remove(),
      () => server.close(),
    );
    return client;
  }

  /** Has the address show these files and no others. */
  async show(metadata = this.writer.directory): Promise<void> {
    const address = join(this.directory, "address");
    await rm(address, { recursive: true, force: true });
    await cp(metadata, address, { recursive: true });
  }

  /** Names of the files that the source has. */
  files(): Promise<readonly string[]> {
    return readdir(this.writer.directory);
  }

  async remove(): Promise<void> {
    for (const close of this.#closing) await close();
    await rm(this.directory, { recursive: true });
  }
}
