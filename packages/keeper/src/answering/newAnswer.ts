import { type AnsweredShareRequest, answerShareRequest, type DecidedShareRequest } from "@keyquorum/protocol";
import { encodeVesAnswer, type NonceSource } from "@keyquorum/threshold";
import type { AuditEntry, StoredAnswer, Vault } from "@keyquorum/vault";
import { answerHashOf, encodeShareAnswer, headerHashOf, KeyquorumError, receiptDigest } from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { KeeperExtension } from "../extensions/extension.ts";
import type { KeeperIdentities } from "../membership/identity.ts";
import type { Metrics } from "../report/metrics.ts";
import type { KeyMaterial } from "../shares/keyMaterial.ts";
import type { Authorization } from "./authorizeReader.ts";

export type AnswerOptions = {
  readonly vault: Pick<Vault, "transaction">;
  readonly contracts: ServedContracts;
  readonly identities: KeeperIdentities;
  readonly nonces: NonceSource;
  readonly extensions: readonly KeeperExtension[];
  readonly metrics: Pick<Metrics, "auditRecords">;
};

/** A keeper forgets an answer this long after its request's deadline, in seconds. PROTOCOL section 5.1. */
const REMEMBER_SECONDS = 120n;

type NewAnswer = Omit<StoredAnswer, "createdAt">;

/** Makes the answer with proof and signed receipt. PROTOCOL sections 5.2 and 5.4. */
export const makeAnswer = async (options: AnswerOptions, request: DecidedShareRequest, material: KeyMaterial): Promise<NewAnswer> => {
  const { contracts, identities, extensions } = options;
  const { slot, share, verifyingShare, path } = material;
  const sign = identities.signerOf(material.identityKey);
  if (sign === undefined)
    throw new KeyquorumError("NOT_MEMBER", "This keeper's identity key of the key's epoch is lost: it cannot answer in this epoch.", {
      details: { keyId: request.keyId, epoch: material.epoch },
    });
  const made = answerShareRequest({
    request,
    slot,
    keyShare: share,
    verifyingShare,
    path,
    nonceKey: identities.nonceKey,
    nonces: options.nonces,
  });
  const { requestId } = request;
  const answer = extensions.reduce((sent, { transformAnswer }) => transformAnswer?.(sent, { requestId, slot }) ?? sent, made.answer);
  const receipt: AnsweredShareRequest["receipt"] = { ...made.receipt, answerHash: answerHashOf(answer) };
  const signature = sign(receiptDigest({ chainId: contracts.chainId, shareRequests: contracts.addresses.shareRequests }, receipt));
  const given = encodeShareAnswer({ slot, epoch: made.epoch, verifyingShare, path, answer, receipt: { receipt, signature } });
  return {
    requestId,
    epoch: made.epoch,
    headerHash: headerHashOf(request.header),
    answer: encodeVesAnswer(answer),
    body: JSON.stringify(given),
    keepUntil: Number((request.deadline + REMEMBER_SECONDS) * 1000n),
  };
};

/** The answer and the record that it is given now are durable before it leaves; who comes second with the same request gets the first's bytes. */
export const writeDown = async (
  options: Pick<AnswerOptions, "vault" | "metrics">,
  request: DecidedShareRequest,
  authorization: Authorization,
  answer: NewAnswer,
): Promise<StoredAnswer> => {
  const stored = await options.vault.transaction(
    async (tx) => {
      const saved = await tx.answers.save(answer);
      await tx.audit.append({ ...releaseOf(request), ...authorization });
      return saved;
    },
    { brief: true },
  );
  options.metrics.auditRecords.inc();
  return stored;
};

const releaseOf = ({ requestId, document, requester, finalBlock, headBlock }: DecidedShareRequest): AuditEntry => ({
  ...{ kind: "answer", requestId, document, requester, decision: "PERMITTED", finalBlock, headBlock },
});
