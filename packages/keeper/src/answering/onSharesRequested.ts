import { parseRequestId } from "@keyquorum/wire";
import type { Duty } from "../run/duty.ts";
import { workIdOf } from "../run/duty.ts";

/**
 * Shares were asked for on chain, of ShareRequests or OptimisticRequests: answer or refuse when this is final. PROTOCOL sections 4.4, 5; the work is
 * `answering/answerRequest.ts`, which finds the contract by the request's id. Optimistic answers stand until somebody proves them wrong: `answering/challengeLies.ts`.
 */
export const onSharesRequested: Duty<"SharesRequested"> = async (
  { contract, args: { requestId, document, requester } },
  { tx, place, log },
) => {
  const payload = { requestId: parseRequestId(requestId), ...place };
  const isNew = await tx.work.add({ id: workIdOf("request", requestId, place), kind: "request", payload });
  if (contract === "optimisticRequests") await tx.work.add({ id: workIdOf("challenge", requestId, place), kind: "challenge", payload });
  if (isNew) log.info("Shares requested", { contract, requestId, document, requester });
};
