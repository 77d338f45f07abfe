import { TufError } from "../../domain/tuf/errors.js";
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

interface Parsed {
  readonly signers: ReadonlyMap<string, Signer>;
  /** Why the first variable that cannot be read cannot. */
  readonly unreadable: TufError | undefined;
}

/**
 * Private keys in environment variables: PEM, or PEM in base64 where line breaks do not survive. A variable that cannot be read
 * holds up no other key; but one that is in none of the others may be the one in it, and is told so.
 */
export class EnvironmentKeys implements SignerSource {
  #parsed: Parsed | undefined;

  /**
   * @param environment such as `process.env`; read on first use
   */
  constructor(
    private readonly environment: Readonly<Record<string, string | undefined>>,
    private readonly codec: Pick<MetadataCodec, "canonical" | "sha256">,
    private readonly options: EnvironmentKeysOptions = {},
  ) {}

  async load(keyId: string): Promise<Signer | undefined> {
    this.#parsed ??= this.#parse();
    const { signers, unreadable } = this.#parsed;
    const signer = signers.get(keyId);
    if (signer === undefined && unreadable !== undefined) throw unreadable;
    return signer;
  }

  #parse(): Parsed {
    const { prefix = "DISTINCTION_TUF_KEY", passphraseVariable = "DISTINCTION_TUF_PASSPHRASE" } = this.options;
    const passphrase = this.environment[passphraseVariable];
    const signers = new Map<string, Signer>();
    let unreadable: TufError | undefined;
    for (const [name, value] of Object.entries(this.environment)) {
      if (!name.startsWith(prefix) || name === passphraseVariable || !value) continue;
      try {
        const key = parsePrivateKey(`environment variable ${name}`, pemIn(value), passphrase);
        const signer = new LocalSigner(key, this.codec);
        signers.set(signer.keyId, signer);
      } catch (error) {
        if (!(error instanceof TufError)) throw error;
        unreadable ??= error;
      }
    }
    return { signers, unreadable };
  }
}

function pemIn(value: string): string {
  return value.includes("-----BEGIN") ? value : Buffer.from(value, "base64").toString("utf8");
}
