import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { ReceivedShareRequest } from "@keyquorum/protocol";
import { encodePoint, pointFromXY } from "@keyquorum/threshold";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { parseAddress, parseDocumentId, parseHash32, type RequestId } from "@keyquorum/wire";
import type { ServedContracts } from "./deployment.ts";
import { REQUEST_CONTRACTS, type RequestContract } from "./requestContract.ts";

/** A request on chain, as its event says. */
export type Requested = {
  readonly contract: RequestContract;
  readonly request: ReceivedShareRequest;
  readonly number: bigint;
  readonly readerKey: { readonly x: bigint; readonly y: bigint };
};

/** The request on the mirrored chain, in the block with that hash where one is given; undefined when its event is gone. An id is one contract's only. */
export const findRequested = async (
  { vault, contracts }: { readonly vault: Pick<Vault, "logs">; readonly contracts: ServedContracts },
  { requestId, blockHash }: { readonly requestId: RequestId; readonly blockHash?: string },
): Promise<Requested | undefined> => {
  for (const contract of REQUEST_CONTRACTS) {
    const address = contracts.addresses[contract];
    const logs = await vault.logs.find({ address, topic0: eventTopic("SharesRequested"), topic1: requestId });
    const mirrored = logs.find((log) => blockHash === undefined || log.blockHash === blockHash);
    const event = mirrored === undefined ? undefined : parseContractLogOf(contracts.deployment, mirrored, "SharesRequested", contract);
    if (event !== undefined) return requestedBy(requestId, contract, event.args);
  }
  return undefined;
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
