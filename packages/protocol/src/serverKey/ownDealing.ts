import { createServerKeyDealing, createServerKeyDealingOf, keccakWords } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { dealingStatementOf } from "../session/dealingStatement.ts";
import { ServerKeyFailure } from "./failure.ts";
import type { MemberPorts } from "./memberPorts.ts";
import type { ServerKeyProposal, ServerKeySession } from "./messages.ts";
import type { ServerKeyContext } from "./session.ts";
import { SERVER_KEY_KINDS } from "./statements.ts";

type Ports = Pick<MemberPorts, "randomOf" | "importedPart">;

/** 32 fresh bytes. */
export const drawContribution = (randomOf: MemberPorts["randomOf"], proposal: ServerKeyProposal): Uint8Array =>
  randomOf({ session: hexToBytes(proposal.serverKeyId, 32), statement: keccakWords(SERVER_KEY_KINDS.contribution) })(32);

/** A member's own dealing: of what it draws, or of its part of an imported key. Empty where others deal. */
export const drawDealing = async (
  { randomOf, importedPart }: Ports,
  { proposal, sid }: ServerKeySession,
  { slot, members }: ServerKeyContext,
): Promise<Uint8Array> => {
  const { threshold, imported, moved } = proposal;
  if (moved !== undefined) return new Uint8Array();
  const session = hexToBytes(sid, 32);
  const random = randomOf({ session, statement: dealingStatementOf({ dealer: slot, threshold, recipients: members }) });
  const input = { sid: session, dealer: slot, threshold, members };
  if (imported === undefined) return createServerKeyDealing(input, random);
  if (importedPart === undefined) throw new ServerKeyFailure("REFUSED", slot);
  const constant = await importedPart(proposal);
  try {
    return createServerKeyDealingOf({ ...input, constant }, random);
  } finally {
    constant.erase();
  }
};
