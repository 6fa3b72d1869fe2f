import { assertBytes } from "../bytes.ts";
import { DOMAINS } from "../domains.ts";
import type { Point } from "../point.ts";
import { schnorrChallenge } from "../schnorrSignature.ts";
import { hashToScalar, keccakWords } from "../words.ts";

/** What a signer shows of its nonces (d, e): D = dG and E = eG. Public. */
export type NonceCommitment = { readonly slot: number; readonly hiding: Point; readonly binding: Point };

/** What a binding factor binds: all of it. `commitmentsHash` is B. */
export type Bound = {
  readonly publicKey: Point;
  readonly message: Uint8Array;
  readonly commitmentsHash: Uint8Array;
  readonly slot: number;
};

/** The three hashes of FROST. Ours is `EVM_SUITE`; RFC 9591's is in the tests, for its vectors. All public. */
export type FrostSuite = {
  readonly name: string;
  /** B, 32 bytes, of commitments by ascending slot. */
  readonly commitmentsHash: (commitments: readonly NonceCommitment[]) => Uint8Array;
  /** rho_i, in 0..n-1: with 0 the attempt is void. */
  readonly bindingFactor: (bound: Bound) => bigint;
  /** c, in 0..n-1: with 0 the attempt is void. `commitment` is R, finite. */
  readonly challenge: (publicKey: Point, message: Uint8Array, commitment: Point) => bigint;
};

/** Signatures that `contracts/libraries/SchnorrSignature.sol` verifies. Messages have 32 bytes. PROTOCOL section 10.1. */
export const EVM_SUITE: FrostSuite = {
  name: "keyquorum/v1/frost",
  commitmentsHash: (commitments) =>
    keccakWords(DOMAINS.frostCommitments, ...commitments.flatMap(({ slot, hiding, binding }) => [slot, hiding, binding])),
  bindingFactor: ({ publicKey, message, commitmentsHash, slot }) => {
    assertBytes(message, 32, "message");
    return hashToScalar(DOMAINS.frostBinding, publicKey, message, commitmentsHash, slot);
  },
  challenge: schnorrChallenge,
};
