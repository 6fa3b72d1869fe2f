import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { ReceivedShareRequest } from "@keyquorum/protocol";
import { encodePoint, pointFromXY } from "@keyquorum/threshold";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import {
  type DocumentHeader,
  type Hash32,
  parseAddress,
  parseDocumentId,
  parseHash32,
  parseRequestId,
  type RequestId,
} from "@keyquorum/wire";
import type { ServedContracts } from "./deployment.ts";
import { onceForEach } from "./onceForEach.ts";
import { PUBLISHED, publishedHeader } from "./publishedHeader.ts";
import { REQUEST_CONTRACTS, type RequestContract } from "./requestContract.ts";

/** A request on chain, as its event says. */
export type Requested = {
  readonly contract: RequestContract;
  readonly request: ReceivedShareRequest;
  readonly number: bigint;
  readonly readerKey: { readonly x: bigint; readonly y: bigint };
};

/** Requests on chain and the headers that they ask for, for all that decide about them. */
export type MirroredRequests = {
  /** The request on the mirrored chain, in the block with that hash where one is given; undefined when its event is gone. An id is one contract's only. */
  readonly find: (asked: { readonly requestId: RequestId; readonly blockHash?: string }) => Promise<Requested | undefined>;
  /** The header of the published version that a request names; undefined when there is none. Whether it is withdrawn is asked elsewhere. */
  readonly headerOf: (requested: Requested) => Promise<DocumentHeader | undefined>;
};

/** Of how many events what was decoded is remembered: one that is forgotten is decoded again. */
const MOST_REMEMBERED = 5_000;

/** Every look is at the mirror, as a reorg may have taken an event away; but an event is decoded once. */
export const createMirroredRequests = ({
  vault,
  contracts,
}: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
}): MirroredRequests => {
  const decodeRequest = onceForEach(MOST_REMEMBERED, (log: MirroredLog, contract: RequestContract) => {
    const event = parseContractLogOf(contracts.deployment, log, "SharesRequested", contract);
    return event === undefined ? undefined : requestedBy(parseRequestId(event.args.requestId), contract, event.args);
  });
  const decodeHeader = onceForEach(MOST_REMEMBERED, (log: MirroredLog, headerHash: Hash32) => publishedHeader(contracts, log, headerHash));
  return {
    find: async ({ requestId, blockHash }) => {
      for (const contract of REQUEST_CONTRACTS) {
        const address = contracts.addresses[contract];
        const logs = await vault.logs.find({ address, topic0: eventTopic("SharesRequested"), topic1: requestId });
        const mirrored = logs.find((log) => blockHash === undefined || log.blockHash === blockHash);
        const requested = mirrored === undefined ? undefined : decodeRequest(mirrored, contract);
        if (requested !== undefined) return requested;
      }
      return undefined;
    },
    headerOf: async ({ request: { document, headerHash } }) => {
      const address = contracts.addresses.documentRegistry;
      const logs = await vault.logs.find({ address, topic0: PUBLISHED, topic1: document });
      for (const log of logs) {
        const header = decodeHeader(log, headerHash);
        if (header !== undefined) return header;
      }
      return undefined;
    },
  };
};

type RequestedArguments = {
  readonly document: string;
  readonly headerHash: string;
  readonly requester: string;
  readonly readerKey: { readonly x: bigint; readonly y: bigint };
  readonly contextHash: string;
  readonly deadline: bigint;
  readonly epoch: bigint;
  readonly number: bigint;
};

const requestedBy = (requestId: RequestId, contract: RequestContract, args: RequestedArguments): Requested => {
  const { x, y } = args.readerKey;
  return {
    contract,
    number: args.number,
    readerKey: { x, y },
    request: {
      state: "received",
      channel: "chain",
      requestId,
      document: parseDocumentId(args.document),
      headerHash: parseHash32(args.headerHash),
      requester: parseAddress(args.requester),
      readerKey: encodePoint(pointFromXY(x, y)),
      contextHash: parseHash32(args.contextHash),
      deadline: args.deadline,
      epoch: Number(args.epoch),
    },
  };
};

/** The deadline of a SharesRequested: the event's last word. Decoding all of it takes a hundred times as long. */
export const deadlineOf = ({ data }: MirroredLog): bigint => BigInt(`0x${data.slice(-64)}`);
