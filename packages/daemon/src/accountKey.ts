import { scrypt as nodeScrypt, type ScryptOptions } from "node:crypto";
import { link, mkdtemp, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { hexlify, scrypt, Wallet } from "ethers";
import { OperatorError } from "./operatorError.ts";
import { readHexKeyFile, readSecretFile } from "./secretFile.ts";

/** The one of Node: ten times as fast as the one in JavaScript, and off the main thread. */
const derive = promisify<Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(nodeScrypt);
scrypt.register(async (password, salt, N, r, p, length) =>
  hexlify(await derive(password, salt, length, { N, r, p, maxmem: 130 * N * r + 4_096 * p * r })),
);

/** How a configuration gives an account's key. */
export type AccountKeySource =
  | { readonly kind: "keyFile"; readonly keyFile: string }
  | { readonly kind: "keystore"; readonly keystoreFile: string; readonly passphraseFile: string };

/** @param whose whose key it is, as messages say it: "operator", "runner" */
export type AccountKeyOptions = { readonly whose: string };

/** Opens an account: it signs. Secret. Throws OperatorError SECRET_FILE_* or WRONG_PASSPHRASE. */
export const openAccountKey = async (source: AccountKeySource, { whose }: AccountKeyOptions): Promise<Wallet> => {
  if (source.kind === "keyFile") return walletOf(await readHexKeyFile(source.keyFile, `${whose}'s key`), source.keyFile, whose);
  const passphrase = await readSecretFile(source.passphraseFile, `${whose}'s passphrase`);
  const keystore = Buffer.from(await readSecretFile(source.keystoreFile, `${whose}'s keystore`)).toString("utf8");
  const opened = await Wallet.fromEncryptedJson(keystore, passphrase).catch((cause: unknown) => {
    // The cause repeats the keystore: it is left out.
    const isWrong =
      typeof cause === "object" && cause !== null && "shortMessage" in cause && String(cause.shortMessage).includes("password");
    throw isWrong
      ? new OperatorError(
          "WRONG_PASSPHRASE",
          `The passphrase does not open ${source.keystoreFile}. Correct the content of ${source.passphraseFile}.`,
          { file: source.keystoreFile },
        )
      : new OperatorError("SECRET_FILE_INVALID", `${source.keystoreFile} is no keystore (JSON, version 3). Name the ${whose}'s keystore.`, {
          file: source.keystoreFile,
        });
  });
  return new Wallet(opened.privateKey);
};

/**
 * Draws a new key into the file that the configuration names, readable by its owner only. Overwrites nothing.
 * @param ifThere the failure where there is a file already
 */
export const createAccountKey = async (
  source: AccountKeySource,
  { whose, ifThere }: AccountKeyOptions & { readonly ifThere: (file: string) => OperatorError },
): Promise<Wallet> => {
  const random = Wallet.createRandom();
  const wallet = new Wallet(random.privateKey);
  const file = source.kind === "keyFile" ? source.keyFile : source.keystoreFile;
  const content =
    source.kind === "keyFile"
      ? wallet.privateKey
      : await wallet.encrypt(await readSecretFile(source.passphraseFile, `${whose}'s passphrase`));
  try {
    await writeWhole(file, `${content}\n`);
  } catch (cause) {
    const exists = typeof cause === "object" && cause !== null && "code" in cause && cause.code === "EEXIST";
    throw exists
      ? ifThere(file)
      : new OperatorError(
          "SECRET_FILE_INVALID",
          `The ${whose}'s key cannot be written to ${file}. Create its folder, or name another file.`,
          { file },
          { cause },
        );
  }
  return wallet;
};

/** Writes a file that is not there: all of it, or nothing, whenever the process is killed. Throws Node's EEXIST. */
const writeWhole = async (file: string, content: string): Promise<void> => {
  const making = await mkdtemp(join(dirname(file), ".making-"));
  try {
    const made = await open(join(making, "key"), "wx", 0o600);
    try {
      await made.writeFile(content);
      await made.sync();
    } finally {
      await made.close();
    }
    await link(join(making, "key"), file);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
};

const walletOf = (key: Uint8Array, file: string, whose: string): Wallet => {
  try {
    return new Wallet(`0x${Buffer.from(key).toString("hex")}`);
  } catch {
    throw new OperatorError(
      "SECRET_FILE_INVALID",
      `The ${whose}'s key in ${file} is zero or not below the curve's order. Write another key.`,
      { file },
    );
  }
};
