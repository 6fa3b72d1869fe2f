import { type ContractEventOf, eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { parsePoint, pointFromXY, type VesFraudEvidence, vesFraudEvidence } from "@keyquorum/threshold";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { answerContextOf, type DocumentHeader, type KeyId, type RequestId } from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { Requested } from "../contracts/mirroredRequests.ts";
import { setNewest } from "../run/newestOnly.ts";

type Words = ContractEventOf<"ShareAnswered">["args"];

/** A posted answer to an optimistic request. `words`: as the contract took it, unverified. */
export type PostedAnswer = {
  readonly slot: number;
  readonly words: Pick<Words, "share" | "verifyingShare">;
  /** What shows that it is wrong; undefined when it is right. Found out when it is asked for, once. */
  readonly fault: () => VesFraudEvidence | undefined;
};

/** Lists the answers to an optimistic request in the order in which they came, which is the contract's. */
export type PostedAnswers = {
  readonly list: (
    requested: Requested,
    key: { readonly keyId: KeyId; readonly epoch: number },
    header: DocumentHeader,
  ) => Promise<readonly PostedAnswer[]>;
  readonly forget: (requestId: RequestId) => void;
};

/** Of how many requests verdicts are remembered: of the one that was listed longest ago they are found out again. */
const MOST_REQUESTS = 5_000;

/** Answers come from their mirrored events; that the verifying share is the slot's, the contract has checked. PROTOCOL section 5.5. */
export const createPostedAnswers = ({
  vault,
  contracts,
}: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
}): PostedAnswers => {
  const verdicts = new Map<RequestId, Map<string, { readonly fault: VesFraudEvidence | undefined }>>();

  const judge = (
    { share, verifyingShare, slot }: Words,
    { request }: Requested,
    { keyId, epoch }: { readonly keyId: KeyId; readonly epoch: number },
    header: DocumentHeader,
  ): VesFraudEvidence | undefined => {
    const context = answerContextOf({ headerHash: request.headerHash, requestId: request.requestId, keyId, epoch, slot: Number(slot) });
    const statement = {
      verifyingShare: pointFromXY(verifyingShare.x, verifyingShare.y),
      u: header.ciphertext.u,
      readerKey: parsePoint(request.readerKey),
      context,
    };
    return vesFraudEvidence(statement, share);
  };

  return {
    list: async (requested, key, header) => {
      const { requestId } = requested.request;
      const address = contracts.addresses.optimisticRequests;
      const logs = await vault.logs.find({ address, topic0: eventTopic("ShareAnswered"), topic1: requestId });
      const known = verdicts.get(requestId) ?? new Map<string, { readonly fault: VesFraudEvidence | undefined }>();
      setNewest(verdicts, requestId, known, MOST_REQUESTS);
      const verdictOf = (log: MirroredLog, words: Words): VesFraudEvidence | undefined => {
        const name = `${log.blockHash}:${log.logIndex}`;
        const verdict = known.get(name) ?? { fault: judge(words, requested, key, header) };
        known.set(name, verdict);
        return verdict.fault;
      };
      return logs.flatMap((log): readonly PostedAnswer[] => {
        const event = parseContractLogOf(contracts.deployment, log, "ShareAnswered", "optimisticRequests");
        if (event === undefined) return [];
        const { slot, share, verifyingShare } = event.args;
        return [{ slot: Number(slot), words: { share, verifyingShare }, fault: () => verdictOf(log, event.args) }];
      });
    },
    forget: (requestId) => void verdicts.delete(requestId),
  };
};
