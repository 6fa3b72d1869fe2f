import { parseContractLog, plain } from "@keyquorum/bindings";
import { encodePoint, pointFromXY, ThresholdError, toXY } from "@keyquorum/threshold";
import {
  answerHashOf,
  bytesToHex,
  type ChainAnswer,
  type ChainPlace,
  type ChainReceipts,
  type Hash32,
  KeyquorumError,
  parseReceiptFile,
  type ReceiptFile,
  type ReceiptFileBody,
  slotsOf,
} from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Chain } from "../chain/chain.ts";
import type { CallOptions } from "../options.ts";
import { discountRevoked, type RevokedAt } from "./discountRevoked.ts";
import type { NamedBlock, VerifiedReceipt, VerifiedReceipts } from "./verifiedReceipts.ts";
import { verifyReceipts } from "./verifyReceipts.ts";

/**
 * Verifies a file of receipts and compares it with the client's own chain: deployment, committee, key, version, and the blocks that it names.
 * A head that a reorganisation removed has no number; a final block must be there. Receipts of a revoked identity key are set aside (`discounted`).
 *
 * Throws INVALID_RECEIPTS as `verifyReceipts`, and for what the chain has otherwise; IDENTITY_REVOKED where no receipt counts; CHAIN_UNAVAILABLE.
 */
export const confirmReceipts = action(
  "confirmReceipts",
  async (chain: Chain, file: ReceiptFileBody | unknown, { signal }: CallOptions = {}): Promise<VerifiedReceipts> => {
    const verified = verifyReceipts(file);
    const receipts = parseReceiptFile(file);
    await checkDeployment(chain, receipts, verified, signal);
    if (receipts.kind === "chain") await checkLogs(chain, receipts, verified, signal);
    const blockOf = createBlockReader(chain, signal);
    const keepers = await Promise.all(verified.keepers.map((keeper) => withBlocks(keeper, blockOf)));
    const { request } = verified;
    const found = { ...verified, request: request && { ...request, ...(await blockOf(request.hash, "request")) }, keepers };
    return { ...(await discountRevoked(found, receipts, revokedAtBy(chain, signal))), trust: "chain" };
  },
);

const revokedAtBy =
  ({ calls, contracts: { keeperRegistry } }: Chain, signal: AbortSignal | undefined): RevokedAt =>
  async (identityKey) =>
    Number(
      await calls.read("Reading whether an identity key was revoked", () => keeperRegistry.identityRevokedAt(toXY(identityKey)), signal),
    );

type BlockReader = (hash: Hash32, mustBeThere: string | undefined) => Promise<NamedBlock>;

const createBlockReader = ({ calls, provider }: Chain, signal: AbortSignal | undefined): BlockReader => {
  const known = new Map<Hash32, Promise<NamedBlock>>();
  const read = async (hash: Hash32): Promise<NamedBlock> => {
    const block = await calls.read("Reading a block", () => provider.getBlock(hash), signal);
    if (block === null) return { hash };
    const there = await calls.read("Reading a block", () => provider.getBlock(block.number), signal);
    return there?.hash === hash ? { hash, number: block.number, time: block.timestamp } : { hash };
  };
  return async (hash, mustBeThere) => {
    const reading = known.get(hash) ?? read(hash);
    known.set(hash, reading);
    const block = await reading;
    if (mustBeThere !== undefined && block.number === undefined) throw refusal(mustBeThere, `The block ${hash} is not on this chain.`);
    return block;
  };
};

const withBlocks = async (keeper: VerifiedReceipt, blockOf: BlockReader): Promise<VerifiedReceipt> => {
  if ("answer" in keeper) return { ...keeper, answer: { ...keeper.answer, ...(await blockOf(keeper.answer.hash, "answers")) } };
  const [finalizedBlock, headBlock] = await Promise.all([
    blockOf(keeper.finalizedBlock.hash, "answers"),
    blockOf(keeper.headBlock.hash, undefined),
  ]);
  return { ...keeper, finalizedBlock, headBlock };
};

const checkDeployment = async (
  { deployment, calls, contracts }: Chain,
  { chainId, shareRequests, keeperRegistry, key, ...receipts }: ReceiptFile,
  { keyId, epoch, document, headerHash, documentVersion, committeeRoot }: VerifiedReceipts,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const differs = (field: string): KeyquorumError => refusal(field, `This chain's deployment has another ${field}.`);
  if (chainId !== deployment.chainId) throw differs("chainId");
  if (shareRequests !== deployment.contracts.shareRequests) throw differs("shareRequests");
  if (keeperRegistry !== deployment.contracts.keeperRegistry) throw differs("keeperRegistry");
  if (receipts.kind === "chain") {
    const requestContracts: readonly string[] = [deployment.contracts.shareRequests, deployment.contracts.optimisticRequests];
    if (!requestContracts.includes(receipts.contract)) throw differs("contract");
  }
  const { documentRegistry, keeperRegistry: registry, keyGeneration } = contracts;
  const read = <T>(call: () => Promise<T>): Promise<T> => calls.read("Comparing the receipts with the chain", call, signal);
  const [known, inEpoch, version] = await Promise.all([
    read(() => keyGeneration.keyOf(keyId)).then(plain),
    read(() => keyGeneration.keyEpochOf(keyId, epoch)).then(plain),
    read(() => documentRegistry.versionOf(document, headerHash)).then(plain),
  ]);
  const { x, y } = toXY(key.publicKey);
  if (known.publicKey.x !== x || known.publicKey.y !== y) throw differs("key.publicKey");
  if (inEpoch.verifyingRoot !== key.verifyingRoot) throw differs("key.verifyingRoot");
  if (inEpoch.threshold + 1n !== BigInt(key.quorum)) throw differs("key.quorum");
  if (slotsOf(inEpoch.committee).join() !== key.slots.join()) throw differs("key.slots");
  if (Number(version.number) !== (documentVersion ?? 0)) throw differs("documentVersion");
  if (committeeRoot !== undefined && (await read(() => registry.committeeRootOf(epoch))) !== committeeRoot) throw differs("committee");
};

/** The request and each answer are in the logs of the transactions that the file names. */
const checkLogs = async (
  chain: Chain,
  receipts: ChainReceipts,
  { requestId }: VerifiedReceipts,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const request = await eventsIn(chain, receipts, receipts.request, signal);
  if (!request.some((event) => event.name === "SharesRequested" && event.args.requestId === requestId))
    throw refusal("request.transaction", "The transaction made no such request.");
  for (const answer of receipts.answers) {
    const events = await eventsIn(chain, receipts, answer, signal);
    const isThere = events.some(
      (event) =>
        event.name === "ShareAnswered" &&
        event.args.requestId === requestId &&
        Number(event.args.slot) === answer.slot &&
        isSame(event.args, answer),
    );
    if (!isThere) throw refusal("answers", `The transaction of slot ${answer.slot} does not contain this answer.`, answer.slot);
  }
};

type Words = { readonly x: bigint; readonly y: bigint };

const isSame = (
  {
    verifyingShare,
    share,
  }: {
    readonly verifyingShare: Words;
    readonly share: { readonly k: Words; readonly v: Words; readonly c: bigint; readonly zs: bigint; readonly zk: bigint };
  },
  answer: ChainAnswer,
): boolean => {
  try {
    const { c, zs, zk } = share;
    const posted = { k: pointFromXY(share.k.x, share.k.y), v: pointFromXY(share.v.x, share.v.y), c, zs, zk };
    const shareText = bytesToHex(encodePoint(pointFromXY(verifyingShare.x, verifyingShare.y)));
    return answerHashOf(posted) === answerHashOf(answer.answer) && shareText === bytesToHex(encodePoint(answer.verifyingShare));
  } catch (error) {
    if (error instanceof ThresholdError) return false; // an optimistic answer may be anything
    throw error;
  }
};

const eventsIn = async (
  { deployment, calls, provider }: Chain,
  { contract }: ChainReceipts,
  place: ChainPlace,
  signal: AbortSignal | undefined,
) => {
  const receipt = await calls.read("Reading a transaction", () => provider.getTransactionReceipt(place.transaction), signal);
  if (receipt === null || receipt.blockHash !== place.blockHash || receipt.blockNumber !== place.blockNumber) return [];
  return receipt.logs.filter(({ address }) => address.toLowerCase() === contract).flatMap((log) => parseContractLog(deployment, log) ?? []);
};

const refusal = (field: string, whatHappened: string, slot?: number): KeyquorumError =>
  new KeyquorumError("INVALID_RECEIPTS", whatHappened, { details: { field, ...(slot === undefined ? {} : { slot }) } });
