import type { SignerSource } from "../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { Signer } from "../../domain/tuf/signer.js";
import { LocalSigner } from "./local-signer.js";
import { parsePrivateKey } from "./private-key.js";

export interface EnvironmentKeysOptions {
  /** Variables whose names begin so hold one private key each; `DISTINCTION_TUF_KEY` by default. */
  readonly prefix?: string;
  /** The variable with the passphrase of encrypted keys; `DISTINCTION_TUF_PASSPHRASE` by default. */
  readonly passphraseVariable?: string;
}

/** Private keys in environment variables: PEM, or PEM in base64 where line breaks do not survive. */
export class EnvironmentKeys implements SignerSource {
  #signers: ReadonlyMap<string, Signer> | undefined;

  /**
   * @param environment such as `process.env`; read on first use
   */
  constructor(
    private readonly environment: Readonly<Record<string, string | undefined>>,
    private readonly codec: Pick<MetadataCodec, "canonical" | "sha256">,
    private readonly options: EnvironmentKeysOptions = {},
  ) {}

  async load(keyId: string): Promise<Signer | undefined> {
    this.#signers ??= this.#parsed();
    return this.#signers.get(keyId);
  }

  #parsed(): ReadonlyMap<string, Signer> {
    const { prefix = "DISTINCTION_TUF_KEY", passphraseVariable = "DISTINCTION_TUF_PASSPHRASE" } = this.options;
    const passphrase = this.environment[passphraseVariable];
    const signers = new Map<string, Signer>();
    for (const [name, value] of Object.entries(this.environment)) {
      if (!name.startsWith(prefix) || name === passphraseVariable || !value) continue;
      const key = parsePrivateKey(`environment variable ${name}`, pemIn(value), passphrase);
      const signer = new LocalSigner(key, this.codec);
      signers.set(signer.keyId, signer);
    }
    return signers;
  }
}

function pemIn(value: string): string {
  return value.includes("-----BEGIN") ? value : Buffer.from(value, "base64").toString("utf8");
}
