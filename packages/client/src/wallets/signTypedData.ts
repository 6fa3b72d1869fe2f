import {
  type Address,
  type Hash32,
  hexToBytes,
  KeyquorumError,
  MAX_SIGNATURE_BYTES,
  parseAddress,
  recoverSigner,
  type TypedDomain,
  type TypedField,
} from "@keyquorum/wire";
import type { Signer } from "ethers";
import { abortable } from "../time/abortable.ts";
import { takesSignature } from "./erc1271.ts";

/** What a wallet is asked to sign, with its EIP-712 digest. Public. */
export type ToSign = {
  readonly typed: { readonly domain: TypedDomain; readonly types: Record<string, TypedField[]>; readonly message: object };
  readonly digest: Hash32;
  /** For people: "the request", "the session". */
  readonly what: string;
};

/**
 * Asks a wallet for a signature: an account's, in the one spelling that the protocol takes, or up to `MAX_SIGNATURE_BYTES` that a contract account takes
 * (ERC-1271, ERC-6492); none at all where the account's contract approved the digest on chain.
 *
 * Throws ACTION_REJECTED, WRONG_CHAIN (it is on another chain now), WALLET_LOCKED, WALLET_UNAUTHORIZED, WALLET_DISCONNECTED, WALLET_UNSUPPORTED,
 * WALLET_FAILED (also for what is no signature); the signal's reason. An answer that comes after that is thrown away.
 */
export const signTypedData = async (signer: Signer, { typed, digest, what }: ToSign, signal?: AbortSignal): Promise<Uint8Array> => {
  const text = await askWallet(signer, typed, what, signal);
  const account = parseAddress(await abortable(signer.getAddress(), signal));
  const plain = plainSignature(text, digest, account);
  if (plain !== undefined) return plain;
  const { canonicalSignature, signatureBytes } = await import("./canonicalSignature.ts");
  const bytes = signatureBytes(text);
  if (bytes === undefined) throw unusable(what, "is not hex");
  if (bytes.length > MAX_SIGNATURE_BYTES) throw unusable(what, `has ${bytes.length} bytes; at most ${MAX_SIGNATURE_BYTES} are taken`);
  if (bytes.length > 0) return canonicalSignature(bytes, digest, account);
  const { provider } = signer;
  const isApproved =
    provider !== null &&
    (await abortable(takesSignature(provider, { account, digest, signature: bytes }), signal).catch(notAborted(signal)));
  if (isApproved === true) return bytes;
  throw unusable(what, "is empty, and the account is not a contract that approved it on chain");
};

/** What most wallets give: an account's signature as the protocol spells it. The other spellings are loaded when one comes. */
const plainSignature = (text: unknown, digest: Hash32, account: Address): Uint8Array | undefined => {
  if (typeof text !== "string" || !/^0x[0-9a-f]{130}$/.test(text)) return undefined;
  const bytes = hexToBytes(text);
  return recoverSigner(digest, bytes) === account ? bytes : undefined;
};

const askWallet = async (
  signer: Signer,
  { domain, types, message }: ToSign["typed"],
  what: string,
  signal: AbortSignal | undefined,
): Promise<unknown> => {
  try {
    return await abortable(signer.signTypedData(domain, types, message), signal);
  } catch (cause) {
    if (signal?.aborted || cause instanceof KeyquorumError) throw cause;
    const words = await import("./walletFailure.ts").catch(() => undefined);
    throw words?.walletFailure(`Signing ${what}`, cause) ?? new KeyquorumError("WALLET_FAILED", undefined, { cause });
  }
};

const unusable = (what: string, why: string): KeyquorumError =>
  new KeyquorumError("WALLET_FAILED", `The wallet's signature over ${what} ${why}.`);

/** A chain that cannot be asked approves nothing. */
const notAborted =
  (signal: AbortSignal | undefined) =>
  (error: unknown): undefined => {
    if (signal?.aborted) throw error;
  };
