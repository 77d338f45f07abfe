import type { SignerSource } from "../../domain/tuf/key-store.js";
import type { Signer } from "../../domain/tuf/signer.js";

/** Several sources as one: the first that holds a key signs with it. */
export class KeyChain implements SignerSource {
  readonly #sources: readonly SignerSource[];

  constructor(...sources: readonly SignerSource[]) {
    this.#sources = sources;
  }

  async load(keyId: string): Promise<Signer | undefined> {
    for (const source of this.#sources) {
      const signer = await source.load(keyId);
      if (signer !== undefined) return signer;
    }
    return undefined;
  }
}
