import { interfaceOf } from "@keyquorum/bindings";
import type { StillWanted } from "@keyquorum/chain";
import { type Dealing, dealHashOf, parseDealing, ThresholdError, verifyDealing, verifyReshareDealing } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { bytesToHex, hexToBytes, type SessionId } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { DealingContract } from "../contracts/dealHash.ts";
import type { EarlierStep } from "./mayStillMove.ts";
import { isServedBy } from "./servedSession.ts";

type Parts = { readonly vault: Pick<Vault, "keyShares">; readonly reader: ChainReader };

/**
 * Whether a complaint that was signed before may still be sent: it opens the pad of the dealing in it, so all that it rests on is looked at again. The
 * session is still open at the head and gave this keeper no share that is in use, the contract has exactly this dealing there, and its possessions
 * hold. PROTOCOL section 3.4. Throws ChainUnavailableError.
 */
export const mayStillComplain = async (
  { vault, reader }: Parts,
  {
    contract,
    sid,
    signed,
    heads: { head },
  }: { readonly contract: DealingContract; readonly sid: SessionId } & Pick<EarlierStep, "signed" | "heads">,
): Promise<StillWanted> => {
  const isReshare = contract === "keyResharing";
  const call = interfaceOf(contract).parseTransaction({ data: signed.data });
  if (call === null || (await isServedBy(vault, sid))) return "no";
  const { complaint } = call.args;
  const [dealer, bytes] = [Number(complaint.dealer), hexToBytes(String(complaint.dealing))];
  const at = reader.at(head.hash);
  const { status, threshold, epoch } = await (isReshare ? at.reshareOf(sid) : at.sessionOf(sid));
  if (status !== "Dealing" && status !== "Disputing") return "no";
  const [stored, members] = await Promise.all([at.dealHashOf(contract, sid, dealer), at.committeeOf(epoch)]);
  const dealing = readDealing(bytes, { threshold, members: members.length });
  if (dealing === undefined || bytesToHex(dealHashOf(bytes)) !== stored) return "no";
  const verify = isReshare ? verifyReshareDealing : verifyDealing;
  return verify({ sid: hexToBytes(sid, 32), dealer, dealing }) ? "yes" : "no";
};

const readDealing = (bytes: Uint8Array, shape: Parameters<typeof parseDealing>[1]): Dealing | undefined => {
  try {
    return parseDealing(bytes, shape);
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};
