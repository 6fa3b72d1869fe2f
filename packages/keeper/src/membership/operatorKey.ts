import { writeFile } from "node:fs/promises";
import { Wallet } from "ethers";
import type { OperatorKeySource } from "../config/parseConfig.ts";
import { readHexKeyFile, readSecretFile } from "../config/secretFile.ts";
import { KeeperError } from "../run/errors.ts";

/** Opens the operator's account: it signs this keeper's transactions. Secret. Throws KeeperError SECRET_FILE_* or WRONG_PASSPHRASE. */
export const openOperatorKey = async (source: OperatorKeySource): Promise<Wallet> => {
  if (source.kind === "keyFile") return walletOf(await readHexKeyFile(source.keyFile, "operator's key"), source.keyFile);
  const passphrase = await readSecretFile(source.passphraseFile, "operator's passphrase");
  const keystore = Buffer.from(await readSecretFile(source.keystoreFile, "operator's keystore")).toString("utf8");
  const opened = await Wallet.fromEncryptedJson(keystore, passphrase).catch((cause: unknown) => {
    // The cause repeats the keystore: it is left out.
    const isWrong =
      typeof cause === "object" && cause !== null && "shortMessage" in cause && String(cause.shortMessage).includes("password");
    throw isWrong
      ? new KeeperError(
          "WRONG_PASSPHRASE",
          `The passphrase does not open ${source.keystoreFile}. Correct the content of ${source.passphraseFile}.`,
          { file: source.keystoreFile },
        )
      : new KeeperError("SECRET_FILE_INVALID", `${source.keystoreFile} is no keystore (JSON, version 3). Name the operator's keystore.`, {
          file: source.keystoreFile,
        });
  });
  return new Wallet(opened.privateKey);
};

/** Draws a new operator's key into the file that the configuration names, readable by its owner only. Overwrites nothing. */
export const createOperatorKey = async (source: OperatorKeySource): Promise<Wallet> => {
  const random = Wallet.createRandom();
  const wallet = new Wallet(random.privateKey);
  const file = source.kind === "keyFile" ? source.keyFile : source.keystoreFile;
  const content =
    source.kind === "keyFile"
      ? wallet.privateKey
      : await wallet.encrypt(await readSecretFile(source.passphraseFile, "operator's passphrase"));
  try {
    await writeFile(file, `${content}\n`, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    const exists = typeof cause === "object" && cause !== null && "code" in cause && cause.code === "EEXIST";
    throw exists
      ? new KeeperError(
          "KEEPER_ALREADY_INITIALISED",
          `There is a file at ${file} already, and it is kept. Run init without --create-operator-key to use it.`,
          { file },
        )
      : new KeeperError(
          "SECRET_FILE_INVALID",
          `The operator's key cannot be written to ${file}. Create its folder, or name another file.`,
          { file },
          { cause },
        );
  }
  return wallet;
};

const walletOf = (key: Uint8Array, file: string): Wallet => {
  try {
    return new Wallet(`0x${Buffer.from(key).toString("hex")}`);
  } catch {
    throw new KeeperError(
      "SECRET_FILE_INVALID",
      `The operator's key in ${file} is zero or not below the curve's order. Write another key.`,
      { file },
    );
  }
};
