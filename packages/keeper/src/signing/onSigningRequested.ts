import { parseHash32 } from "@keyquorum/wire";
import { type Duty, workIdOf } from "../run/duty.ts";

/**
 * A key is asked to sign on chain: coordinate a signature, when this is final and this keeper's turn by rank has come. PROTOCOL section 9; the work is
 * `signing/signRequest.ts`. Signers answer whoever coordinates, whether they coordinate themselves or not.
 */
export const onSigningRequested: Duty<"SigningRequested"> = async ({ args: { requestId, keyId, requester } }, { tx, place, log }) => {
  const payload = { requestId: parseHash32(requestId), ...place };
  const isNew = await tx.work.add({ id: workIdOf("signing", requestId, place), kind: "signing", payload });
  if (isNew) log.info("A signature was requested", { requestId, keyId, requester });
};
