import type { Cluster } from "@keyquorum/cluster";
import { parsePoint, verifyingLeaf, verifyMerklePath, verifyShareAnswer } from "@keyquorum/threshold";
import {
  answerContextOf,
  type DocumentHeader,
  encodeShareRequestBody,
  hexToBytes,
  parseShareAnswer,
  type SignedShareRequest,
  shareRequestDigest,
  slotsOf,
} from "@keyquorum/wire";
import { signingDomainOf, signRequest, type TypedSigner } from "./askKeepers.ts";

/** What one keeper said when it was asked for its share. `verdict`: "RIGHT", the code of its refusal, "WRONG ..." or "SILENT". */
export type ShareProbe = { readonly slot: number; readonly verdict: string };

/**
 * Asks every keeper that runs for its share of a document's key in one epoch, by HTTP and one by one, and verifies each answer against the
 * chain: the epoch that it is of, the Merkle path to the key's verifying root, the proof. Without `epoch`: in the key's active epoch, which the
 * keepers are left to find out themselves. `only`: of these slots.
 */
export const probeShares = async (
  cluster: Cluster,
  input: {
    readonly header: DocumentHeader;
    readonly requester: string;
    readonly signer: TypedSigner;
    readonly epoch?: number | undefined;
    readonly only?: readonly number[] | undefined;
  },
): Promise<readonly ShareProbe[]> => {
  const { header, requester, signer, epoch: named, only } = input;
  const { keyGeneration } = cluster.contracts;
  const { keyId } = header;
  const epoch = named ?? Number((await keyGeneration.keyOf(keyId)).activeEpoch);
  const { committee, verifyingRoot } = await keyGeneration.keyEpochOf(keyId, epoch);
  const slots = slotsOf(committee);
  const signed = await signRequest(cluster, header, requester, signer);
  const asked: SignedShareRequest = named === undefined ? signed : { ...signed, epoch: named };

  const verdictOf = (slot: number, body: unknown): string => {
    const answer = parseShareAnswer(body);
    if (answer.slot !== slot) return `WRONG slot ${answer.slot}`;
    if (answer.epoch !== epoch) return `WRONG epoch ${answer.epoch}`;
    const leaf = verifyingLeaf({ keyId: hexToBytes(keyId), epoch, slot, verifyingShare: answer.verifyingShare });
    const path = answer.path.map((hash) => hexToBytes(hash));
    if (!verifyMerklePath({ leaf, index: slots.indexOf(slot), count: slots.length, path, root: hexToBytes(verifyingRoot) }))
      return "WRONG path";
    const { headerHash, readerKey } = signed.request;
    const requestId = shareRequestDigest(signingDomainOf(cluster), signed.request);
    const context = answerContextOf({ headerHash, requestId, keyId, epoch, slot });
    const statement = { verifyingShare: answer.verifyingShare, u: header.ciphertext.u, readerKey: parsePoint(readerKey), context };
    return verifyShareAnswer(statement, answer.answer) ? "RIGHT" : "WRONG proof";
  };
  const running = cluster.keepers.filter(({ slot, process }) => process().isRunning() && (only === undefined || only.includes(slot)));
  return Promise.all(
    running.map(async ({ slot, url }): Promise<ShareProbe> => {
      try {
        const response = await fetch(`${url}/v1/share-requests`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(encodeShareRequestBody(asked)),
          signal: AbortSignal.timeout(5_000),
        });
        const body: unknown = await response.json();
        return { slot, verdict: response.ok ? verdictOf(slot, body) : (body as { readonly code: string }).code };
      } catch {
        return { slot, verdict: "SILENT" };
      }
    }),
  );
};

/** The slots whose share is right. */
export const rightSlots = (probes: readonly ShareProbe[]): readonly number[] =>
  probes.filter(({ verdict }) => verdict === "RIGHT").map(({ slot }) => slot);
