import { parsePoint, toXY, vesFraudEvidence } from "@keyquorum/threshold";
import { answerContextOf, headerRestOf, KeyquorumError, parseFaultFile } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { CallOptions } from "../options.ts";
import type { ProvedFault } from "./challenge.ts";
import type { ReceiptEvidence } from "./evidence.ts";

/**
 * Proves that a keeper signed a receipt for a wrong answer by HTTP: it is recorded at fault. Anyone may, at any time. PROTOCOL section 5.5.
 *
 * Throws NO_SIGNER, INVALID_RECEIPTS (no evidence of this deployment), NOTHING_TO_PROVE (the answer is right), TRANSACTION_REFUSED (the keeper did not sign it,
 * the fault is proved already), CHAIN_UNAVAILABLE.
 */
export const proveFault = action(
  "proveFault",
  async (client: Client, evidence: ReceiptEvidence | unknown, { signal }: CallOptions = {}): Promise<ProvedFault> => {
    const { domain } = client;
    const { contracts } = await client.signing(signal);
    const file = parseFaultFile(evidence);
    if (file.domain.chainId !== domain.chainId || file.domain.shareRequests !== domain.shareRequests)
      throw new KeyquorumError("INVALID_RECEIPTS", "The receipt was signed for another deployment.", {
        details: { field: "shareRequests" },
      });
    const { header, request } = file.asked;
    const { verifyingShare, path, answer, receipt: signed } = file.answer;
    const { receipt, signature } = signed;
    const { requestId, slot } = receipt;
    const readerKey = parsePoint(request.readerKey);
    const context = answerContextOf(receipt);
    const fraud = vesFraudEvidence({ verifyingShare, u: header.ciphertext.u, readerKey, context }, answer);
    if (fraud === undefined)
      throw new KeyquorumError("NOTHING_TO_PROVE", `The answer of slot ${slot} is right.`, { details: { requestId, slot } });
    const { contextHash, nonce, deadline } = request;
    const words = {
      receipt,
      signature,
      asked: { readerKey: toXY(readerKey), contextHash, nonce, deadline },
      verifyingShare: toXY(verifyingShare),
      path: [...path],
      share: { k: toXY(answer.k), v: toXY(answer.v), c: answer.c, zs: answer.zs, zk: answer.zk },
      u: toXY(header.ciphertext.u),
      headerRest: headerRestOf(header),
      witnesses: fraud.witnesses,
    };
    const transaction = summaryOf(await client.calls.transact("The proof", () => contracts.receiptFaults.prove(words), signal));
    return { requestId, slot, reason: fraud.reason, transaction };
  },
);
