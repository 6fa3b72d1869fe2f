import {
  type Address,
  bytesToHex,
  type Hash32,
  type Hex,
  hexToBytes,
  parseHash32,
  parseKeyId,
  type Statement,
  statementDigest,
  ZERO_HASH,
} from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { readKey } from "../keys/keys.ts";
import { milliseconds } from "../numbers.ts";
import type { CallOptions } from "../options.ts";
import type { TransactionSummary } from "../types.ts";
import { type DerivedSigner, derivedSignerOf, isSignatureOf, signingDomainOf } from "./derivedSigner.ts";
import { signByHttp } from "./signByHttp.ts";
import type { SigningListener } from "./signingEvents.ts";
import { signOnChain } from "./signOnChain.ts";
import { type SigningContent, statementOf } from "./statementOf.ts";

/** Which of a key's addresses. */
export type Derivation = { /** 32 bytes. Default: the key itself. */ readonly derivation?: Hash32 | string };

export type SignOptions = CallOptions &
  Derivation & {
    /** By HTTP without gas (the default), or by a transaction, with a signature on chain. */
    readonly mode?: "http" | "chain";
    readonly timeoutMs?: number;
    readonly onEvent?: SigningListener;
  };

/** A signature that was verified here. */
export type KeySignature = {
  /** 65 bytes r, s, v of an ECDSA key; 64 bytes c, z of a Schnorr key. */
  readonly signature: Hex;
  /** What was signed, and whose signature it is. */
  readonly digest: Hash32;
  readonly address: Address;
  readonly requestId: Hash32;
  /** Of the request on chain. */
  readonly transaction?: TransactionSummary;
};

const DEFAULT_MILLISECONDS = 60_000;

const signerOf = async (
  client: Client,
  keyId: string,
  { derivation = ZERO_HASH, signal }: CallOptions & Derivation,
): Promise<DerivedSigner> =>
  derivedSignerOf(signingDomainOf(client), await readKey(client, parseKeyId(keyId), signal), parseHash32(derivation));

/** Returns the address of a key, or of one that is derived from it. Throws UNKNOWN_KEY, KEY_NOT_READY, INVALID_VALUE, CHAIN_UNAVAILABLE. */
export const keyAddress = action(
  "keyAddress",
  async (client: Client, keyId: string, options: CallOptions & Derivation = {}): Promise<Address> =>
    (await signerOf(client, keyId, options)).address,
);

/**
 * Checks that a signature is a key's over some content: the key comes from the chain, and no keeper is asked. Throws UNKNOWN_KEY, KEY_NOT_READY, INVALID_VALUE,
 * CHAIN_UNAVAILABLE.
 */
export const verifyKeySignature = action(
  "verifyKeySignature",
  async (
    client: Client,
    keyId: string,
    content: SigningContent,
    signature: Uint8Array | Hex,
    options: CallOptions & Derivation = {},
  ): Promise<{ readonly isRight: boolean; readonly digest: Hash32; readonly address: Address }> => {
    const signer = await signerOf(client, keyId, options);
    const digest = statementDigest(statementOf(content));
    const bytes = typeof signature === "string" ? hexToBytes(signature) : signature;
    return { isRight: isSignatureOf(signer, digest, bytes), digest, address: signer.address };
  },
);

/**
 * Has a key sign, as far as its rules let the client's account have it sign that. The signature is verified before it is returned.
 * Throws SIGNING_DENIED (final), SIGNING_NOT_FINAL, TOO_FEW_SIGNERS and UNAVAILABLE with what each keeper said; NO_SIGNER, UNKNOWN_KEY, INVALID_VALUE; on
 * chain TRANSACTION_REFUSED.
 */
export const sign = action(
  "sign",
  async (client: Client, keyId: string, content: SigningContent, options: SignOptions = {}): Promise<KeySignature> => {
    const { mode = "http", onEvent, signal } = options;
    const timeoutMs = milliseconds("timeoutMs", options.timeoutMs ?? (mode === "http" ? DEFAULT_MILLISECONDS : client.timeouts.onChainMs));
    const domain = signingDomainOf(client);
    const signer = await signerOf(client, keyId, options);
    const statement: Statement = { keyId: signer.key.keyId, derivation: signer.derivation, ...statementOf(content) };
    const question = { domain, signer, statement, timeoutMs, onEvent, signal };
    const { signature, ...made } = mode === "http" ? await signByHttp(client, question) : await signOnChain(client, question);
    return { ...made, signature: bytesToHex(signature), digest: statementDigest(statement), address: signer.address };
  },
);
