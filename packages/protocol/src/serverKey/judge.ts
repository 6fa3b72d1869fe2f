import {
  assembleRedealtServerKeyShare,
  assembleServerKeyShare,
  type Complaint,
  type Dealing,
  type KeyPublic,
  type KeyShare,
  type OpenedDealing,
  type OpenedShare,
  type SecretScalar,
  ThresholdError,
} from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { asHash } from "../session/confirm.ts";
import { ServerKeyFailure } from "./failure.ts";
import type { ServerKeySession } from "./messages.ts";
import type { ComputedKey } from "./rows.ts";
import type { ServerKeyContext } from "./session.ts";

/** One dealing for this member, whose possessions hold for this session. */
export type DealtToMember = { readonly dealer: number; readonly dealing: Dealing };

/** Operations by this keeper's encryption secret of the session's epoch. Undefined: it has none of that epoch. */
export type MemberSecrets = {
  readonly open: (context: ServerKeyContext, session: ServerKeySession, dealt: DealtToMember) => Promise<OpenedShare | undefined>;
  /** It publishes this member's share of that dealing. */
  readonly complain: (context: ServerKeyContext, session: ServerKeySession, dealt: DealtToMember) => Promise<Complaint | undefined>;
};

export type Judgement =
  | { readonly kind: "right"; readonly key: ComputedKey; readonly share: SecretScalar }
  | { readonly kind: "wrong"; readonly dealer: number; readonly complaint: Complaint };

/**
 * Opens and checks each dealing by itself, never the sum: two dealers with errors that cancel out would pass a sum (attack 18a). The first wrong one by
 * slot is proved. Throws ServerKeyFailure REFUSED, UNUSABLE_KEY. PROTOCOL section 8.1.
 * The share is the caller's to erase.
 * @param dealt of all who deal, by slot
 */
export const judgeDealings = async (
  secrets: MemberSecrets,
  context: ServerKeyContext,
  session: ServerKeySession,
  dealt: readonly DealtToMember[],
): Promise<Judgement> => {
  const opened = await Promise.all(dealt.map((one) => secrets.open(context, session, one)));
  try {
    const at = opened.findIndex((share) => share?.kind === "invalid");
    const wrong = dealt[at];
    if (wrong !== undefined) {
      const complaint = await secrets.complain(context, session, wrong);
      if (complaint === undefined) throw withoutSecret(context);
      return { kind: "wrong", dealer: wrong.dealer, complaint };
    }
    const right = dealt.flatMap((one, i) => {
      const share = opened[i];
      return share?.kind === "valid" ? [{ ...one, share: share.share }] : [];
    });
    if (right.length < dealt.length) throw withoutSecret(context);
    const { share, ...key } = assemble(context, session, right);
    const { imported } = session.proposal;
    // It follows from each dealing's constant; a key under another one's name would be the worst of all.
    if (imported !== undefined && !imported.publicKey.equals(key.jointKey)) throw new ServerKeyFailure("UNUSABLE_KEY");
    return { kind: "right", key: computedKeyOf(key), share };
  } finally {
    for (const share of opened) if (share?.kind === "valid") share.share.erase();
  }
};

/** The sum of the dealings; of shares of a key that was there already, what they weigh, and only where its public key comes out. */
const assemble = (context: ServerKeyContext, { proposal, sid }: ServerKeySession, opened: readonly OpenedDealing[]): KeyShare => {
  const { epoch, threshold, moved } = proposal;
  const input = { sid: hexToBytes(sid, 32), epoch, threshold, members: context.members, slot: context.slot };
  try {
    if (moved === undefined) return assembleServerKeyShare({ ...input, dealings: opened });
    const placed = opened.flatMap((one) => {
      const redealer = moved.dealers.find(({ dealer }) => dealer === one.dealer);
      return redealer === undefined ? [] : [{ ...one, place: redealer.place }];
    });
    return assembleRedealtServerKeyShare({ ...input, jointKey: moved.publicKey, dealings: placed });
  } catch (cause) {
    if (cause instanceof ThresholdError && cause.code === "INVALID_JOINT_KEY")
      throw new ServerKeyFailure("UNUSABLE_KEY", undefined, { cause });
    throw cause;
  }
};

const computedKeyOf = ({ commitments, commitmentsHash, verifyingRoot }: KeyPublic): ComputedKey => ({
  commitments,
  commitmentsHash: asHash(commitmentsHash),
  verifyingRoot: asHash(verifyingRoot),
});

const withoutSecret = ({ slot }: ServerKeyContext): ServerKeyFailure => new ServerKeyFailure("REFUSED", slot);
