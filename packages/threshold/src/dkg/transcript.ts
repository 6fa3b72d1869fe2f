import { DOMAINS } from "../domains.ts";
import type { Point } from "../point.ts";
import { hashToScalar, keccakWords } from "../words.ts";
import type { Dealing } from "./dealing.ts";

/** keccak over all commitments, x and y each, 32 bytes. Infinity, which no honest dealing adds up to, is (0, 0). PROTOCOL sections 3.3 and 3.6. */
export const commitmentsHashOf = (commitments: readonly Point[]): Uint8Array => keccakWords(...commitments);

/** The message whose possession proofs bind a dealing to its session and dealer, 32 bytes. PROTOCOL section 3.3. */
export function dealingMessage(sid: Uint8Array, dealer: number, commitments: readonly Point[], ephemeral: Point): Uint8Array {
  return keccakWords(DOMAINS.dealing, sid, dealer, commitmentsHashOf(commitments), ephemeral);
}

/** What of a dealing its possessions are proved over. */
export type DealingBody = Pick<Dealing, "commitments" | "ephemeral" | "encryptedShares">;

/** Binds a dealing to its session and dealer: the 32-byte message of its possessions. Key generation and resharing have one each. */
export type DealingMessage = (sid: Uint8Array, dealer: number, body: DealingBody) => Uint8Array;

/** Of key generation: `dealingMessage`. The contract knows the sender, so the encrypted shares need no possession. PROTOCOL section 3.3. */
export const keyGenerationMessage: DealingMessage = (sid, dealer, { commitments, ephemeral }) =>
  dealingMessage(sid, dealer, commitments, ephemeral);

/** Of a reshare, whose dealings anyone may send: all that comes before the possessions. PROTOCOL section 3.9. */
export const reshareMessage: DealingMessage = (sid, dealer, { commitments, ephemeral, encryptedShares }) =>
  keccakWords(DOMAINS.reshareDealing, sid, dealer, keccakWords(...commitments, ephemeral, ...encryptedShares));

/** The pad that hides f_i(j): a scalar made from the secret point k_ij = e_i PK_j = sk_j E_i. Secret. PROTOCOL section 3.3. */
export const padOf = (sid: Uint8Array, dealer: number, recipient: number, shared: Point): bigint =>
  hashToScalar(DOMAINS.pad, sid, dealer, recipient, shared);

/** The context that binds a complaint to its session, dealer and recipient, 32 bytes. PROTOCOL section 3.4. */
export const complaintContext = (sid: Uint8Array, dealer: number, recipient: number): Uint8Array =>
  keccakWords(DOMAINS.complaint, sid, dealer, recipient);
