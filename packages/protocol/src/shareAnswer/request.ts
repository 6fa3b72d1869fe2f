/**
 * A share request through its life. Outcomes and codes: PROTOCOL sections 4.4, 5.1. Every step takes the state before and gives the state after; none of them reads a clock or the chain.
 *
 *   received -- checkShareRequest --> checked -- decideShareRequest --> decided -- answerShareRequest --> answered
 *        \______________________________\_______________________________\--> refused { code }
 *
 * | step   | refused with                                       | retryable | because                                                 |
 * |--------|----------------------------------------------------|-----------|---------------------------------------------------------|
 * | check  | REQUEST_CONFLICT                                   | no        | the id was answered for another header                  |
 * | check  | WRONG_CHAIN                                        | no        | header of another chain or registry                     |
 * | check  | INVALID_HEADER                                     | no        | another document or header hash; id, label, proof wrong |
 * | check  | DEADLINE_PASSED, DEADLINE_TOO_FAR (HTTP)           | no        | over, or more than 600 s ahead                          |
 * | check  | INVALID_REQUEST                                    | no        | the reader key is not a valid point, the epoch is missing  |
 * | check  | UNKNOWN_KEY                                        | no        | no such key, or another purpose than Decrypt            |
 * | check  | KEY_NOT_READY                                      | yes       | not active at the final block                           |
 * | decide | ACCESS_DENIED                                      | no        | not permitted at the head                               |
 * | decide | UNKNOWN_DOCUMENT                                   | no        | this version is not recorded, or was withdrawn          |
 * | decide | PERMISSION_NOT_FINAL                               | yes       | permitted at the head, not yet at the final block       |
 * | decide | UNAVAILABLE                                        | yes       | the chain could not be asked                            |
 * | answer | -                                                  |           | answered; stored and audited by the caller, then sent   |
 *
 * `matchShareRequest` is the part of check that needs nothing but the request: a keeper does it before it asks the chain. A keeper that is asked by HTTP
 * asks for the permission at the head before it checks the header's proof (PROTOCOL section 5.1); the state is decided after both.
 *
 * A stored answer goes through check and decide again before it is sent again (D27).
 */
import type { Point } from "@keyquorum/threshold";
import type { Address, DocumentHeader, DocumentId, Hash32, KeyId, NodeErrorCode, RequestId } from "@keyquorum/wire";
import type { KeyPurpose } from "../keyGeneration/view.ts";

/** What was asked, by chain or by HTTP. Signature (HTTP) and finality of SharesRequested (chain) are checked before. Public. */
export type ReceivedShareRequest = {
  readonly state: "received";
  readonly channel: "chain" | "http";
  readonly requestId: RequestId;
  readonly document: DocumentId;
  readonly headerHash: Hash32;
  readonly requester: Address;
  /** X, 33 bytes as given. */
  readonly readerKey: Uint8Array;
  readonly contextHash: Hash32;
  /** Seconds. */
  readonly deadline: bigint;
  /** Pinned by the contract, or named by the requester of an HTTP request: whether the key is served in it is the caller's to find out. PROTOCOL section 3.9. */
  readonly epoch?: number;
};

/** The key as the newest final block knows it. Public. */
export type ShareRequestKey = {
  readonly keyId: KeyId;
  readonly purpose: KeyPurpose;
  /** 0: not active. */
  readonly activeEpoch: number;
  readonly publicKey: Point;
};

/** What a keeper serves. */
export type ServedDeployment = { readonly chainId: bigint; readonly documentRegistry: Address };

export type CheckedShareRequest = Omit<ReceivedShareRequest, "state" | "readerKey" | "epoch"> & {
  readonly state: "checked";
  readonly readerKey: Point;
  readonly header: DocumentHeader;
  readonly keyId: KeyId;
  /** The epoch that must answer. */
  readonly epoch: number;
};

export type DecidedShareRequest = Omit<CheckedShareRequest, "state"> & {
  readonly state: "decided";
  readonly finalBlock: Hash32;
  readonly headBlock: Hash32;
};

/** Codes of wire/errorCodes that these steps give. */
export type ShareRefusalCode = Extract<
  NodeErrorCode,
  | "INVALID_REQUEST"
  | "INVALID_HEADER"
  | "WRONG_CHAIN"
  | "UNKNOWN_KEY"
  | "KEY_NOT_READY"
  | "UNKNOWN_DOCUMENT"
  | "DEADLINE_PASSED"
  | "DEADLINE_TOO_FAR"
  | "REQUEST_CONFLICT"
  | "ACCESS_DENIED"
  | "PERMISSION_NOT_FINAL"
  | "UNAVAILABLE"
>;

/** `sentence` says what happened and what to do. Holds no secret. */
export type RefusedShareRequest = {
  readonly state: "refused";
  readonly requestId: RequestId;
  readonly code: ShareRefusalCode;
  readonly retryable: boolean;
  readonly sentence: string;
};
