import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import {
  type Address,
  type Hash32,
  hexToBytes,
  KeyquorumError,
  kindOfNumber,
  parseAddress,
  parseHash32,
  parseKeyId,
  type SignedHttpSigningRequest,
  type SigningRequestsDomain,
  type Statement,
  signingRequestDigest,
  statementDigest,
} from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";
import { onceForEach } from "../contracts/onceForEach.ts";

/** What a key is asked to sign, and by whom. Whether it may, `authoriseSigning.ts` finds out. Public. */
export type FoundRequest = {
  readonly channel: "chain" | "http";
  readonly requestId: Hash32;
  readonly statement: Statement;
  /** As this keeper computes it from the statement. */
  readonly digest: Hash32;
  readonly requester: Address;
  /** Seconds since 1970. */
  readonly deadline: bigint;
  /** Of a request by HTTP: the requester's, not verified yet. */
  readonly signature?: Uint8Array;
  /** Of a request on chain: where its event is mirrored. */
  readonly blockNumber?: number;
};

const MOST_REMEMBERED = 1_000;

/** Requests on the mirrored chain. Every look is at the mirror, as a reorg may have taken an event away; but an event is decoded once. */
export const createMirroredSigning = ({
  vault,
  contracts,
  signingRequests,
}: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
  readonly signingRequests: Address;
}) => {
  const decode = onceForEach(MOST_REMEMBERED, (log: MirroredLog, _name: "signing"): FoundRequest | undefined => {
    const event = parseContractLogOf(contracts.deployment, log, "SigningRequested", "signingRequests");
    if (event === undefined) return undefined;
    const { requestId, keyId, requester, digest, deadline, statement } = event.args;
    const read: Statement = {
      keyId: parseKeyId(keyId),
      derivation: parseHash32(statement.derivation),
      kind: kindOfNumber(statement.kind),
      payload: hexToBytes(statement.payload),
    };
    const own = statementDigest(read);
    // What the contract says is signed, and what this keeper would sign, are one (S9, S18).
    if (own !== parseHash32(digest) || parseKeyId(statement.keyId) !== read.keyId)
      throw new KeyquorumError("SIGNING_DENIED", "The contract's digest is not that of the statement.", { details: { reason: "DIGEST" } });
    return {
      ...{ channel: "chain", requestId: parseHash32(requestId), statement: read, digest: own },
      ...{ requester: parseAddress(requester), deadline, blockNumber: log.blockNumber },
    };
  });
  return {
    /** The request on the mirrored chain, in the block with that hash where one is given; undefined when its event is not there. Throws SIGNING_DENIED. */
    find: async ({
      requestId,
      blockHash,
    }: {
      readonly requestId: Hash32;
      readonly blockHash?: string;
    }): Promise<FoundRequest | undefined> => {
      const logs = await vault.logs.find({ address: signingRequests, topic0: eventTopic("SigningRequested"), topic1: requestId });
      const mirrored = logs.find((log) => blockHash === undefined || log.blockHash === blockHash);
      return mirrored === undefined ? undefined : decode(mirrored, "signing");
    },
  };
};

export type MirroredSigning = ReturnType<typeof createMirroredSigning>;

/** A request that came by HTTP. Throws INVALID_REQUEST unless it has that id. */
export const requestByHttp = (
  domain: SigningRequestsDomain,
  { request, signature }: SignedHttpSigningRequest,
  requestId?: Hash32,
): FoundRequest => {
  const own = signingRequestDigest(domain, request);
  if (requestId !== undefined && own !== requestId)
    throw new KeyquorumError("INVALID_REQUEST", "The signed request is another one than the message is about.", {
      details: { field: "asked" },
    });
  const { statement, requester, deadline } = request;
  return { channel: "http", requestId: own, statement, digest: statementDigest(statement), requester, deadline, signature };
};
