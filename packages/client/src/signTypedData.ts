import { type Hash32, KeyquorumError, MAX_SIGNATURE_BYTES, parseAddress, type TypedDomain, type TypedField } from "@keyquorum/wire";
import { getBytes, type Signer } from "ethers";
import { abortable } from "./abortable.ts";
import { recoverSigner } from "./recoverSigner.ts";

/** What a wallet is asked to sign, with its EIP-712 digest. Public. */
export type ToSign = {
  readonly typed: { readonly domain: TypedDomain; readonly types: Record<string, TypedField[]>; readonly message: object };
  readonly digest: Hash32;
  /** For people: "the request", "the session". */
  readonly what: string;
};

/**
 * Asks a wallet for a signature: 65 bytes of an account, or up to 4096 bytes that a contract account takes (ERC-1271, ERC-6492).
 * Throws NO_SIGNER (the wallet did not sign, or gave something else), WRONG_CHAIN (it is on another chain now); the signal's reason.
 */
export const signTypedData = async (signer: Signer, { typed, digest, what }: ToSign, signal?: AbortSignal): Promise<Uint8Array> => {
  const bytes = await askWallet(signer, typed, what, signal);
  const isUsable = bytes !== undefined && bytes.length > 0 && bytes.length <= MAX_SIGNATURE_BYTES;
  if (!isUsable) throw new KeyquorumError("NO_SIGNER", `The account's signature over ${what} is no 1 to ${MAX_SIGNATURE_BYTES} bytes.`);
  return withUsualV(bytes, digest, await abortable(signer.getAddress(), signal));
};

const askWallet = async (
  signer: Signer,
  { domain, types, message }: ToSign["typed"],
  what: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> => {
  let signature: string;
  try {
    signature = await abortable(signer.signTypedData(domain, types, message), signal);
  } catch (cause) {
    if (signal?.aborted || cause instanceof KeyquorumError) throw cause;
    throw new KeyquorumError("NO_SIGNER", `The account did not sign ${what}.`, { cause });
  }
  try {
    return getBytes(signature);
  } catch {
    return undefined;
  }
};

/** Some wallets end an account's signature with 0 or 1 where the protocol takes 27 or 28. A contract account's bytes are its own affair. */
const withUsualV = (signature: Uint8Array, digest: Hash32, address: string): Uint8Array => {
  const v = signature[64];
  if (signature.length !== 65 || (v !== 0 && v !== 1)) return signature;
  const usual = Uint8Array.from([...signature.subarray(0, 64), v + 27]);
  return recoverSigner(digest, usual) === parseAddress(address) ? usual : signature;
};
