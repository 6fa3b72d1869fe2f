import { ThresholdError } from "@keyquorum/threshold";
import { type Address, bytesToHex } from "@keyquorum/wire";
import { FormatError } from "../formats/errors.ts";
import { readPrefixedHex } from "../formats/hexText.ts";
import { POINT64_BYTES } from "../formats/point64.ts";
import { serversSetHash } from "../formats/serversSetHash.ts";
import type { SecretStoreSigner } from "../library/secretStoreSigner.ts";
import { AccountError, type Accounts } from "./accounts.ts";
import { badParameters, RpcError } from "./rpcError.ts";

/** Answers one method with its result. Throws RpcError. */
export type RpcMethod = (params: readonly unknown[]) => Promise<unknown> | unknown;

const HASH_BYTES = 32;
const ADDRESS_BYTES = 20;
/** The shortest encrypted document: an IV. */
const IV_BYTES = 16;

/** The six `secretstore_*` methods, and three that clients send first. */
export const createMethods = (options: {
  readonly accounts: Accounts;
  /** What `eth_chainId` and `net_version` say; nothing else here depends on it. */
  readonly chainId: bigint;
  readonly version: string;
}): Readonly<Record<string, RpcMethod>> => {
  const { accounts, chainId, version } = options;

  const withAccount = async <Result>(
    [account, password]: readonly unknown[],
    failure: string,
    use: (signer: SecretStoreSigner) => Promise<Result> | Result,
  ): Promise<Result> => {
    const address = bytesToHex(hexParam(account, "account", ADDRESS_BYTES)) as Address; // safe: 20 bytes
    if (typeof password !== "string") throw badParameters("password: it must be a string");
    try {
      return await accounts.withAccount(address, password, use);
    } catch (error) {
      throw rpcErrorOf(error, failure);
    }
  };

  return {
    secretstore_signRawHash: (params) => {
      const [, , hash] = taken(params, 3);
      const bytes = hexParam(hash, "raw_hash", HASH_BYTES);
      return withAccount(params, "Could not sign raw hash.", (signer) => bytesToHex(signer.signRawHash(bytes)));
    },
    secretstore_generateDocumentKey: (params) => {
      const [, , serverKey] = taken(params, 3);
      const bytes = hexParam(serverKey, "server_key_public", POINT64_BYTES);
      return withAccount(params, "Could not read account public.", async (signer) => {
        const { commonPoint, encryptedPoint, encryptedKey } = await signer.generateDocumentKey(bytes);
        return {
          common_point: bytesToHex(commonPoint),
          encrypted_point: bytesToHex(encryptedPoint),
          encrypted_key: bytesToHex(encryptedKey),
        };
      });
    },
    secretstore_encrypt: (params) => {
      const [, , key, data] = taken(params, 4);
      const [encryptedKey, document] = [hexParam(key, "key"), hexParam(data, "data")];
      return withAccount(params, "Could not decrypt key.", async (signer) => bytesToHex(await signer.encrypt(encryptedKey, document)));
    },
    secretstore_decrypt: (params) => {
      const [, , key, data] = taken(params, 4);
      const [encryptedKey, document] = [hexParam(key, "key"), documentParam(data)];
      return withAccount(params, "Could not decrypt key.", async (signer) => bytesToHex(await signer.decrypt(encryptedKey, document)));
    },
    secretstore_shadowDecrypt: (params) => {
      const [, , secret, common, shadows, data] = taken(params, 6);
      const shadowed = {
        decryptedSecret: hexParam(secret, "decrypted_secret", POINT64_BYTES),
        commonPoint: hexParam(common, "common_point", POINT64_BYTES),
        shadows: listParam(shadows, "decrypt_shadows"),
        document: documentParam(data),
      };
      if (shadowed.shadows.length === 0) throw badParameters("decrypt_shadows: there must be one or more");
      return withAccount(params, "Could not decrypt key.", async (signer) => bytesToHex(await signer.shadowDecrypt(shadowed)));
    },
    secretstore_serversSetHash: (params) => bytesToHex(serversSetHash(listParam(taken(params, 1)[0], "servers_set", POINT64_BYTES))),
    eth_chainId: () => `0x${chainId.toString(16)}`,
    net_version: () => chainId.toString(),
    web3_clientVersion: () => `keyquorum-signing-agent/${version}`,
  };
};

const taken = (params: readonly unknown[], length: number): readonly unknown[] => {
  if (params.length !== length) throw badParameters(`there must be ${length} of them`);
  return params;
};

const hexParam = (value: unknown, name: string, length?: number): Uint8Array => {
  const bytes = readPrefixedHex(value, length);
  if (bytes !== undefined) return bytes;
  throw badParameters(`${name}: it must be 0x and ${length === undefined ? "an even number of" : 2 * length} hex digits`);
};

const documentParam = (value: unknown): Uint8Array => {
  const bytes = hexParam(value, "data");
  if (bytes.length < IV_BYTES) throw badParameters(`data: an encrypted document has ${IV_BYTES} bytes or more`);
  return bytes;
};

const listParam = (value: unknown, name: string, length?: number): readonly Uint8Array[] => {
  if (!Array.isArray(value)) throw badParameters(`${name}: it must be a list`);
  return value.map((item) => hexParam(item, name, length));
};

/** @param failure the method's own sentence for an account that does not do it */
const rpcErrorOf = (error: unknown, failure: string): RpcError => {
  if (error instanceof AccountError) return new RpcError("account", failure, error.message);
  if (error instanceof FormatError && error.code === "WRONG_LENGTH") return badParameters("key: invalid public key length");
  if (error instanceof FormatError) return new RpcError("account", failure, error.message);
  if (error instanceof ThresholdError && (error.code === "INVALID_SCALAR" || error.code === "INVALID_BYTES"))
    return new RpcError("account", "invalid secret");
  if (error instanceof ThresholdError) return new RpcError("encryption", "Encryption error.", error.code);
  throw error;
};
