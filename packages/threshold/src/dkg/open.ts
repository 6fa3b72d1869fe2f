import { backend } from "../backend.ts";
import { assertRecord } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { assertPoint, type Point } from "../point.ts";
import { evaluateCommitments } from "../polynomial.ts";
import { reduceScalar } from "../scalar.ts";
import { revealNonZero, SecretScalar } from "../secret.ts";
import { assertSlot } from "../slot.ts";
import { assertSid, type Dealing } from "./dealing.ts";
import { assertMembers, type DkgMember, memberAt } from "./member.ts";
import { padOf } from "./transcript.ts";

/** One dealing as one recipient sees it. `members` are the recipients; in a reshare the dealer may be none of them. `encryptionSecret` is sk_j, the rest is public. */
export type ShareToOpen = {
  readonly sid: Uint8Array;
  readonly dealer: number;
  readonly recipient: number;
  readonly encryptionSecret: SecretScalar;
  readonly members: readonly DkgMember[];
  readonly dealing: Dealing;
};

/** The share f_i(j), secret, or proof enough to complain. */
export type OpenedShare = { readonly kind: "valid"; readonly share: SecretScalar } | { readonly kind: "invalid" };

/**
 * Decrypts f_i(j) and checks it against the commitments, for every dealer by itself and inside the window. PROTOCOL section 3.4.
 * "invalid" means: complain. Throws KEY_MISMATCH (the secret is not of this recipient), INVALID_MEMBERS, INVALID_SLOT, INVALID_BYTES.
 */
export function openShare({ sid, dealer, recipient, encryptionSecret, members, dealing }: ShareToOpen): OpenedShare {
  assertSid(sid);
  assertRecord(dealing, "dealing");
  assertMembers(members);
  assertSlot(dealer, "dealer");
  const { member, index } = memberAt(members, recipient);
  const sk = revealNonZero(encryptionSecret, "encryption secret");
  assertKeyOf(member, sk);
  assertPoint(dealing.ephemeral, "ephemeral key");
  const encrypted = encryptedShareAt(dealing, index, members.length);
  const pad = padOf(sid, dealer, recipient, backend.mulSecret(dealing.ephemeral, sk));
  const share = reduceScalar(encrypted - pad);
  return isShareOf(share, recipient, dealing.commitments) ? { kind: "valid", share: SecretScalar.from(share) } : { kind: "invalid" };
}

/** The share check: s = 0 iff the sum is infinity, else sG = sum j^k C_k. PROTOCOL section 3.4, D12. */
export function isShareOf(share: bigint, slot: number, commitments: readonly Point[]): boolean {
  return backend.mulG(share).equals(evaluateCommitments(commitments, slot));
}

/** The encrypted share at a position. Throws INVALID_MEMBERS when the dealing is of another committee. */
export function encryptedShareAt(dealing: Pick<Dealing, "encryptedShares">, index: number, count: number): bigint {
  const encrypted = dealing.encryptedShares[index];
  if (encrypted === undefined || dealing.encryptedShares.length !== count)
    throw new ThresholdError("INVALID_MEMBERS", "The dealing is of another committee.", {
      details: { shares: dealing.encryptedShares.length, count },
    });
  return encrypted;
}

/** Throws KEY_MISMATCH unless sk G is the member's posted key: a wrong secret would make every dealing look wrong. */
export function assertKeyOf(member: DkgMember, sk: bigint): void {
  if (backend.mulG(sk).equals(member.encryptionKey)) return;
  throw new ThresholdError("KEY_MISMATCH", "The encryption secret is not the one of the posted key; load the secret of this epoch.", {
    details: { slot: member.slot },
  });
}
