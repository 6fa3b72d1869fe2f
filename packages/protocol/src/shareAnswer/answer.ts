import type { Point, RandomSource, SecretScalar, VesAnswer } from "@keyquorum/threshold";
import type { Hash32, Receipt } from "@keyquorum/wire";
import type { DecidedShareRequest } from "./request.ts";

export type AnsweredShareRequest = {
  readonly state: "answered";
  readonly answer: VesAnswer;
  readonly slot: number;
  readonly epoch: number;
  readonly verifyingShare: Point;
  readonly path: readonly Hash32[];
  /** To be signed with the identity key of the epoch. */
  readonly receipt: Receipt;
};

/** Encrypts this keeper's share to the reader, with proof. Save it and its audit record, then send it. PROTOCOL section 5.2. */
export const answerShareRequest = (input: {
  readonly request: DecidedShareRequest;
  readonly slot: number;
  /** Secret. */
  readonly keyShare: SecretScalar;
  readonly verifyingShare: Point;
  readonly path: readonly Hash32[];
  /** 32 bytes, secret. */
  readonly nonceKey: Uint8Array;
  readonly random: RandomSource;
}): AnsweredShareRequest => {
  throw new Error(`not implemented ${input.slot}`);
};
