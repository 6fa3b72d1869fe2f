import { keccakWords, type WordPart } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { ErrorBody } from "./errorBody.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import type { Address, Hash32 } from "./ids.ts";
import type { Schema } from "./jsonSchema.ts";

// Messages between keepers: PROTOCOL section 3.11. Whoever drives a protocol asks each other keeper by HTTP and carries what the others signed.

/** The contract that a message is about, and its chain: what is signed for one deployment is worth nothing in another. */
export type PeerDomain = { readonly chainId: bigint; readonly contract: Address };

/** What the signature under a message covers. Public. */
export type PeerStatement = {
  /** 32 bytes, of DOMAINS or by `extensionTag`: which protocol. */
  readonly tag: Uint8Array;
  /** Which message of the protocol. */
  readonly kind: number;
  readonly domain: PeerDomain;
  /** Which run of the protocol it belongs to, and who says it. */
  readonly about: readonly WordPart[];
  /** 32 bytes: the hash of what is said; 0 for nothing but the kind. */
  readonly content: Uint8Array | 0;
};

/** 32 bytes, which an identity key signs: `keccak(tag, kind, chainId, contract, about.., content)`, each a word. */
export const peerDigest = ({ tag, kind, domain, about, content }: PeerStatement): Hash32 =>
  bytesToHex(keccakWords(tag, kind, domain.chainId, hexToBytes(domain.contract, 20), ...about, content)) as Hash32; // safe: keccak gives 32 bytes

/** The tag of all that an extension of this name has signed: no message of ours, and no receipt, begins with it. 32 bytes. */
export const extensionTag = (name: string): Uint8Array => keccak_256(utf8ToBytes(`keyquorum/v1/extension/${name}`));

/**
 * A question that one keeper asks another, and its answer, as data: the server mounts it, a transport carries it. Kinds that are added from now on have
 * routes below `/v1/peers/`.
 */
export type PeerMessage<Ask, Answer> = {
  readonly route: {
    readonly method: "POST";
    readonly path: `/v1/${string}`;
    readonly body: Schema;
    readonly responses: { readonly 200: Schema; readonly "4xx": typeof ErrorBody; readonly "5xx": typeof ErrorBody };
  };
  /** Of a question's body. */
  readonly maxAskBytes: number;
  readonly maxAnswerBytes: number;
  readonly encodeAsk: (ask: Ask) => unknown;
  /** Throws INVALID_REQUEST. */
  readonly parseAsk: (body: unknown) => Ask;
  readonly encodeAnswer: (answer: Answer) => unknown;
  /** Throws BAD_ANSWER. */
  readonly parseAnswer: (body: unknown) => Answer;
};
