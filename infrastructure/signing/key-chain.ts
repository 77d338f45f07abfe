import type { SignerSource } from "../../domain/tuf/key-store.js";
import type { Signer } from "../../domain/tuf/signer.js";

/** Several sources as one: the first that holds a key signs with it. What one of them fails with counts only where no other has it. */
export class KeyChain implements SignerSource {
  readonly #sources: readonly SignerSource[];

  constructor(...sources: readonly SignerSource[]) {
    this.#sources = sources;
  }

  async load(keyId: string): Promise<Signer | undefined> {
    const failures: unknown[] = [];
    for (const source of this.#sources) {
      try {
        const signer = await source.load(keyId);
        if (signer !== undefined) return signer;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
  }
}
