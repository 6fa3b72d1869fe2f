import { argon2 } from "node:crypto";
import { open } from "node:fs/promises";
import { VaultError } from "./errors.ts";

/** argon2id, RFC 9106. `memory` in KiB. Public; stored with the vault. */
export type PassphraseParameters = { readonly memory: number; readonly passes: number; readonly parallelism: number };

/** How the vault's key-encryption key comes into being. Stored with the vault; public. */
export type KeyDerivation = { readonly kind: "file" } | ({ readonly kind: "passphrase"; readonly salt: Uint8Array } & PassphraseParameters);

/** Gives the key-encryption key when a vault is created or opened. The 32 bytes it gives are secret and live in memory only. */
export type KeyEncryptionKey = {
  readonly kind: KeyDerivation["kind"];
  /** What a new vault writes down. `salt`: 32 random bytes. */
  newDerivation(salt: Uint8Array): KeyDerivation;
  /** Throws VAULT_WRONG_KEY for a derivation of another kind, VAULT_WEAK_KEY for one below the minimum. */
  derive(derivation: KeyDerivation): Promise<Uint8Array>;
};

export const DEFAULT_PASSPHRASE_PARAMETERS: PassphraseParameters = { memory: 65_536, passes: 3, parallelism: 1 };
const MAXIMUM_PARAMETERS: PassphraseParameters = { memory: 4_194_304, passes: 64, parallelism: 64 };
const MINIMUM_SALT_BYTES = 16;
const KEY_BYTES = 32;
const MAX_KEY_FILE_BYTES = 128;

/** Derives the key from a passphrase with argon2id. Throws VAULT_WEAK_KEY for an empty passphrase or weak parameters. */
export const keyFromPassphrase = (passphrase: string, parameters = DEFAULT_PASSPHRASE_PARAMETERS): KeyEncryptionKey => {
  if (passphrase.length === 0) throw new VaultError("VAULT_WEAK_KEY", "The vault's passphrase is empty. Choose one.");
  assertParameters(parameters);
  return {
    kind: "passphrase",
    newDerivation: (salt) => ({ kind: "passphrase", salt, ...parameters }),
    derive: async (derivation) => {
      if (derivation.kind !== "passphrase") throw wrongKind(derivation.kind);
      assertParameters(derivation);
      if (!(derivation.salt instanceof Uint8Array) || derivation.salt.length < MINIMUM_SALT_BYTES) {
        throw new VaultError("VAULT_WEAK_KEY", "The vault's salt is too short. Restore the vault from a backup.");
      }
      return deriveArgon2id(passphrase, derivation);
    },
  };
};

/**
 * Reads the key from a file that only its owner can read: 32 raw bytes or 64 hex digits.
 * Throws VAULT_PERMISSIONS when others can read it, VAULT_WEAK_KEY when its content has another form.
 */
export const keyFromFile = async (path: string): Promise<KeyEncryptionKey> => {
  const key = await readKeyFile(path);
  return {
    kind: "file",
    newDerivation: () => ({ kind: "file" }),
    derive: async (derivation) => {
      if (derivation.kind !== "file") throw wrongKind(derivation.kind);
      return Uint8Array.from(key);
    },
  };
};

const wrongKind = (stored: string): VaultError =>
  new VaultError("VAULT_WRONG_KEY", `This vault was made with a ${stored === "file" ? "key file" : "passphrase"}. Open it with that.`, {
    stored,
  });

const assertParameters = (parameters: PassphraseParameters): void => {
  for (const name of ["memory", "passes", "parallelism"] as const) {
    const [value, minimum, maximum] = [parameters[name], DEFAULT_PASSPHRASE_PARAMETERS[name], MAXIMUM_PARAMETERS[name]];
    if (Number.isInteger(value) && value >= minimum && value <= maximum) continue;
    throw new VaultError("VAULT_WEAK_KEY", `argon2id's ${name} must be between ${minimum} and ${maximum}.`, { name, value });
  }
};

const deriveArgon2id = (passphrase: string, { salt, memory, passes, parallelism }: PassphraseParameters & { salt: Uint8Array }) =>
  new Promise<Uint8Array>((resolve, reject) => {
    const message = Buffer.from(passphrase.normalize("NFKC"), "utf8");
    argon2("argon2id", { message, nonce: salt, memory, passes, parallelism, tagLength: KEY_BYTES }, (error, key) => {
      message.fill(0);
      if (error) reject(new VaultError("VAULT_WRONG_KEY", "The passphrase could not be turned into a key.", {}, { cause: error }));
      else resolve(key);
    });
  });

const readKeyFile = async (path: string): Promise<Uint8Array> => {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw new VaultError("VAULT_WRONG_KEY", `The key file ${path} cannot be read.`, { path }, { cause });
  });
  try {
    const { mode, size } = await file.stat();
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new VaultError("VAULT_PERMISSIONS", `Others can read the key file ${path}. Run: chmod 600 ${path}`, { path });
    }
    const content = size <= MAX_KEY_FILE_BYTES ? await file.readFile() : Buffer.alloc(0);
    const text = content.toString("latin1").trim();
    if (content.length === KEY_BYTES) return Uint8Array.from(content);
    if (/^(0x)?[0-9a-fA-F]{64}$/.test(text)) return Uint8Array.from(Buffer.from(text.replace(/^0x/, ""), "hex"));
    throw new VaultError("VAULT_WEAK_KEY", `The key file ${path} must hold 32 raw bytes or 64 hex digits.`, { path });
  } finally {
    await file.close();
  }
};
