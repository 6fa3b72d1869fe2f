import type { Hash32 } from "@keyquorum/wire";
import type { HolderEvidence } from "../proofs/holderEvidence.ts";
import type { KeyServerFailure } from "./keyServers.ts";

export type SecretStoreOptions = {
  /** Base URLs of key servers, best of several keepers: they are asked in this order, the next one where one is silent, refuses or lies. */
  readonly keyServers: readonly string[];
  /** Told of everything that went wrong on the way, also where another keeper made up for it. */
  readonly onFailure?: (failure: KeyServerFailure | NamedHolder) => void;
};

/** A holder that lied to this reader, and what convicts it: `isConvicted`. */
export type NamedHolder = {
  readonly slot: number;
  readonly code: "BAD_CONTRIBUTION" | "BAD_SHADOW";
  readonly reason: string;
  readonly evidence: HolderEvidence;
};

/** A server key, as its members signed it. Public. */
export type ServerKeyInfo = {
  /** 32 bytes, 0x hex. */
  readonly id: Hash32;
  /** x and y: 64 bytes, 0x hex. It stays when keepers change: keep it with the id, and the document. */
  readonly publicKey: string;
  /** t: t+1 of the members read together, t learn nothing. */
  readonly threshold: number;
  readonly epoch: number;
  /** Slots, ascending. */
  readonly members: readonly number[];
};

export type PublishedSecret = {
  readonly id: Hash32;
  /** What Parity's clients decrypt, too. Store it where readers find it. */
  readonly encrypted: Uint8Array;
  readonly serverKey: ServerKeyInfo;
  readonly failures: readonly KeyServerFailure[];
};

export type ReadSecret = {
  /** Secret. Nothing authenticates it but the document key: Parity's cipher has no MAC. */
  readonly content: Uint8Array;
  readonly serverKey: ServerKeyInfo;
  /** Holders that lied, and were replaced. */
  readonly named: readonly NamedHolder[];
  readonly failures: readonly KeyServerFailure[];
};

export type KnownServerKey = {
  /**
   * `ServerKeyInfo.publicKey`, as the author or an earlier reading has it: an answer under another key is a lie. Without it members of a former epoch who
   * all lie, and who are none any more, can answer for an id with a key of their own.
   */
  readonly publicKey?: string;
  readonly signal?: AbortSignal;
};

/**
 * Documents of Parity Secret Store for accounts of wallets: the same that Ocean's clients publish and read. Whatever a key server answers is checked by
 * what the members signed, and by the chain. All functions throw KeyquorumError with a code of the protocol's, and the signal's reason.
 */
export type SecretStore = {
  /** Encrypts and stores the key; the wallet signs twice. The account is the author. Default: a random id, and t of a minority. */
  readonly publish: (
    content: string | Uint8Array,
    options?: { readonly id?: string; readonly threshold?: number; readonly signal?: AbortSignal },
  ) => Promise<PublishedSecret>;
  /** Reads what the wallet's account may read; the wallet signs once. */
  readonly read: (id: string, encrypted: Uint8Array | string, options?: KnownServerKey) => Promise<ReadSecret>;
  /** The account's own server key; the wallet signs once. Throws ACCESS_DENIED where it is another author's, UNKNOWN_KEY. */
  readonly serverKey: (id: string, options?: KnownServerKey) => Promise<ServerKeyInfo>;
};
