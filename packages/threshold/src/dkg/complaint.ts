import { backend } from "../backend.ts";
import { assertRecord } from "../bytes.ts";
import { type DleqHints, type DleqProof, dleqHints, proveDleq, verifyDleq } from "../dleq.ts";
import { assertPoint, type Point } from "../point.ts";
import { type RandomSource, secureRandom } from "../random.ts";
import { reduceScalar } from "../scalar.ts";
import { revealNonZero, type SecretScalar } from "../secret.ts";
import { assertSlot } from "../slot.ts";
import { assertSid, type Dealing } from "./dealing.ts";
import { assertMembers, type DkgMember, memberAt } from "./member.ts";
import { assertKeyOf, encryptedShareAt, isShareOf } from "./open.ts";
import { complaintContext, padOf } from "./transcript.ts";

/** Evidence that anyone may send: k_ij = sk_j E_i with its proof. Public once sent: it opens the share of this one dealing. */
export type Complaint = { readonly shared: Point; readonly proof: DleqProof; readonly hints: DleqHints };

/** What the judge says: the dealer is disqualified, the share is right after all, or the evidence itself is wrong. */
export type Verdict = "DISQUALIFIED" | "SHARE_IS_RIGHT" | "INVALID_PROOF";

/**
 * Opens the pad of one dealing, with proof. Make it only when `openShare` said "invalid": it publishes the share. PROTOCOL section 3.4.
 * Throws KEY_MISMATCH, INVALID_SLOT, INVALID_POINT, INVALID_BYTES, INVALID_RANDOM.
 */
export function createComplaint(
  input: {
    readonly sid: Uint8Array;
    readonly dealer: number;
    readonly recipient: number;
    readonly encryptionSecret: SecretScalar;
    readonly encryptionKey: Point;
    readonly dealing: Dealing;
  },
  random: RandomSource = secureRandom,
): Complaint {
  const { sid, dealer, recipient, encryptionSecret, encryptionKey, dealing } = input;
  assertSid(sid);
  assertRecord(dealing, "dealing");
  assertSlot(dealer, "dealer");
  assertSlot(recipient, "recipient");
  assertPoint(dealing.ephemeral, "ephemeral key");
  const sk = revealNonZero(encryptionSecret, "encryption secret");
  assertKeyOf({ slot: recipient, encryptionKey }, sk);
  const base = dealing.ephemeral;
  const shared = backend.mulSecret(base, sk);
  const proof = proveDleq({ secret: encryptionSecret, base, context: complaintContext(sid, dealer, recipient) }, random);
  return { shared, proof, hints: dleqHints({ base, image: shared }, proof) };
}

/**
 * Judges a complaint as the contract does. `members` are the recipients; who may deal is the board's to say. Throws INVALID_MEMBERS, INVALID_SLOT, INVALID_POINT, INVALID_SCALAR, INVALID_BYTES
 * for wrong types only. PROTOCOL section 3.4.
 */
export function verifyComplaint(input: {
  readonly sid: Uint8Array;
  readonly dealer: number;
  readonly recipient: number;
  readonly members: readonly DkgMember[];
  readonly dealing: Dealing;
  readonly shared: Point;
  readonly proof: DleqProof;
}): Verdict {
  const { sid, dealer, recipient, members, dealing, shared, proof } = input;
  assertSid(sid);
  assertRecord(dealing, "dealing");
  assertMembers(members);
  assertSlot(dealer, "dealer");
  const { member, index } = memberAt(members, recipient);
  const statement = {
    publicKey: member.encryptionKey,
    base: dealing.ephemeral,
    image: shared,
    context: complaintContext(sid, dealer, recipient),
  };
  if (!verifyDleq(statement, proof)) return "INVALID_PROOF";
  const share = reduceScalar(encryptedShareAt(dealing, index, members.length) - padOf(sid, dealer, recipient, shared));
  // The share is public now, and the whole check may take variable time.
  return isShareOf(share, recipient, dealing.commitments) ? "SHARE_IS_RIGHT" : "DISQUALIFIED";
}
