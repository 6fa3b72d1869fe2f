import { eventTopic, parseContractLog } from "@keyquorum/bindings";
import { encodePoint, parsePoint, pointFromXY, toXY } from "@keyquorum/threshold";
import {
  type ChainPlace,
  type DocumentId,
  type Hash32,
  type KeyId,
  KeyquorumError,
  type RequestId,
  type RequestStatement,
  requestIdOf,
} from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { scanLogs } from "../chain/logs.ts";
import { type RequestContract, requestContractOf } from "./requestContract.ts";

/** A request as the chain recorded it: all that its id commits to, and where it is. Public. */
export type OnChainRequest = {
  readonly requestId: RequestId;
  readonly contract: RequestContract;
  readonly statement: RequestStatement;
  readonly keyId: KeyId;
  readonly epoch: number;
  /** Seconds of block time. */
  readonly deadline: bigint;
  readonly place: ChainPlace;
};

/** Finds a request of either mode by its id, in its SharesRequested event. Throws UNKNOWN_REQUEST, CHAIN_UNAVAILABLE. */
export const findRequest = async (chain: Chain, requestId: RequestId, signal?: AbortSignal): Promise<OnChainRequest> => {
  const { deployment, provider, calls } = chain;
  const contracts = [requestContractOf(chain, "verified"), requestContractOf(chain, "optimistic")];
  const toBlock = await calls.read("Reading the block number", () => provider.getBlockNumber(), signal);
  const query = {
    address: contracts.map(({ address }) => address),
    topics: [eventTopic("SharesRequested"), requestId],
    fromBlock: deployment.block,
    toBlock,
  };
  for await (const log of scanLogs({ ...chain, signal }, query)) {
    const event = parseContractLog(deployment, log);
    if (event?.name !== "SharesRequested") continue;
    const contract = contracts.find(({ name }) => name === event.contract);
    if (contract === undefined) continue;
    const { args } = event;
    const statement: RequestStatement = {
      number: args.number,
      document: args.document as DocumentId, // events are in plain form: lower-case hex
      headerHash: args.headerHash as Hash32,
      requester: args.requester as RequestStatement["requester"],
      readerKey: encodePoint(pointFromXY(args.readerKey.x, args.readerKey.y)),
      contextHash: args.contextHash as Hash32,
    };
    // A node that made the event up is found out here.
    if (requestIdOf({ chainId: deployment.chainId, shareRequests: contract.address, statement }) !== requestId) continue;
    return {
      requestId,
      contract,
      statement,
      keyId: args.keyId as KeyId,
      epoch: Number(args.epoch),
      deadline: args.deadline,
      place: { transaction: log.transactionHash as Hash32, blockNumber: log.blockNumber, blockHash: log.blockHash as Hash32 },
    };
  }
  throw new KeyquorumError("UNKNOWN_REQUEST", `There is no request ${requestId} on this chain.`, { details: { requestId } });
};

/** The statement as the contracts take it: the reader key as two words. */
export const statementWords = ({ readerKey, ...rest }: RequestStatement) => ({ ...rest, readerKey: toXY(parsePoint(readerKey)) });
