import { type Dealing, verifyComplaint } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { ServerKeyFailure } from "./failure.ts";
import type { ServerKeySession, SignedComplaint } from "./messages.ts";
import type { ServerKeyContext } from "./session.ts";
import { complaintStatement } from "./statements.ts";

/**
 * Who is named for a complaint: the dealer where it is true (BAD_SHARE), else who complained (FALSE_COMPLAINT). BAD_ANSWER: nobody signed it, so it says
 * nothing.
 * @param judged dealings that were read before, and the echo of all of them
 */
export const judgeComplaint = (
  context: ServerKeyContext,
  session: ServerKeySession,
  { dealingOf, echo }: { readonly dealingOf: (dealer: number) => Dealing | undefined; readonly echo: Uint8Array },
  { slot, dealer, shared, proof, signature }: SignedComplaint,
): ServerKeyFailure => {
  const dealing = dealingOf(dealer);
  const isSigned = context.isSignedBy(slot, complaintStatement(session, { slot, dealer, shared, proof }, echo), signature);
  if (dealing === undefined || !isSigned) return new ServerKeyFailure("BAD_ANSWER", slot);
  const { members } = context;
  const verdict = verifyComplaint({ sid: hexToBytes(session.sid, 32), dealer, recipient: slot, members, dealing, shared, proof });
  return verdict === "DISQUALIFIED" ? new ServerKeyFailure("BAD_SHARE", dealer) : new ServerKeyFailure("FALSE_COMPLAINT", slot);
};
