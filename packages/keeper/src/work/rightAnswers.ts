import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { parsePoint, pointFromXY, ThresholdError, verifyShareAnswer } from "@keyquorum/threshold";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { answerContextOf, type DocumentHeader, type KeyId, type RequestId } from "@keyquorum/wire";
import type { ServedContracts } from "../deployment.ts";
import type { Requested } from "./findRequested.ts";

/** Counts how many answers to an optimistic request are right. Lies do not help the reader, so further keepers must answer. */
export type RightAnswers = {
  readonly count: (requested: Requested, key: { readonly keyId: KeyId; readonly epoch: number }, header: DocumentHeader) => Promise<number>;
  readonly forget: (requestId: RequestId) => void;
};

/** Answers are verified once, from their mirrored events; that the verifying share is the slot's, the contract has checked. PROTOCOL section 5.5. */
export const createRightAnswers = ({
  vault,
  contracts,
}: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
}): RightAnswers => {
  const verdicts = new Map<RequestId, Map<string, boolean>>();

  const isRight = (
    log: MirroredLog,
    { request }: Requested,
    { keyId, epoch }: { readonly keyId: KeyId; readonly epoch: number },
    header: DocumentHeader,
  ): boolean => {
    const event = parseContractLogOf(contracts.deployment, log, "ShareAnswered", "optimisticRequests");
    if (event === undefined) return false;
    const { slot, share, verifyingShare } = event.args;
    const context = answerContextOf({ headerHash: request.headerHash, requestId: request.requestId, keyId, epoch, slot: Number(slot) });
    try {
      const [k, v] = [pointFromXY(share.k.x, share.k.y), pointFromXY(share.v.x, share.v.y)];
      return verifyShareAnswer(
        {
          verifyingShare: pointFromXY(verifyingShare.x, verifyingShare.y),
          u: header.ciphertext.u,
          readerKey: parsePoint(request.readerKey),
          context,
        },
        { k, v, c: share.c, zs: share.zs, zk: share.zk },
      );
    } catch (error) {
      if (error instanceof ThresholdError) return false; // no point, no scalar: the contract takes any words
      throw error;
    }
  };

  return {
    count: async (requested, key, header) => {
      const { requestId } = requested.request;
      const address = contracts.addresses.optimisticRequests;
      const logs = await vault.logs.find({ address, topic0: eventTopic("ShareAnswered"), topic1: requestId });
      const known = verdicts.get(requestId) ?? new Map<string, boolean>();
      verdicts.set(requestId, known);
      const right = logs.filter((log) => {
        const name = `${log.blockHash}:${log.logIndex}`;
        const verdict = known.get(name) ?? isRight(log, requested, key, header);
        known.set(name, verdict);
        return verdict;
      });
      return right.length;
    },
    forget: (requestId) => void verdicts.delete(requestId),
  };
};
