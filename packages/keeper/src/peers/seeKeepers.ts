import { createHeadReader, type Finality, type Heads, identityOf, isLocalChain, verifyIdentity } from "@keyquorum/chain";
import { type PeerDomain, slotsOf } from "@keyquorum/wire";
import { type CommitteeMember, createChainReader } from "../contracts/chainReader.ts";
import { readDeploymentFile } from "../contracts/deployment.ts";
import { systemClock } from "../run/clock.ts";
import { rpcOf } from "../run/rpcOf.ts";
import { createAbsentMembers } from "../shares/absentMembers.ts";
import { createCommittees } from "../shares/committees.ts";
import { httpTransport } from "./httpTransport.ts";
import { peerFetch } from "./peerFetch.ts";
import type { PeerTransport } from "./peerTransport.ts";

/** A keeper that takes part in the newest epoch, and where it is reached; "": nowhere. */
export type SeenKeeper = CommitteeMember & { readonly endpoint: string };

/** Keepers, as a program sees them that is none. */
export type SeenKeepers = PeerTransport & {
  readonly domain: PeerDomain;
  /** Those of the newest epoch in the final block that are not absent at the head or there, by ascending slot. Throws ChainUnavailableError. */
  readonly present: () => Promise<{ readonly epoch: number; readonly members: readonly SeenKeeper[] }>;
};

/**
 * Opens no connection. Whom something is encrypted to says the chain, by a majority of the RPC providers, as keepers ask it. Throws KeeperError
 * DEPLOYMENT_INVALID.
 * @param options.deployment the deployment's JSON file
 * @param options.finality default: the deployment's, else the chain's finalized block; the newest one on local chains
 * @param options.signal ends all questions
 */
export const seeKeepers = async (options: {
  readonly deployment: string;
  readonly rpcUrls: readonly string[];
  readonly finality?: Finality;
  readonly allowPrivateEndpoints?: boolean;
  readonly signal: AbortSignal;
}): Promise<SeenKeepers> => {
  const contracts = await readDeploymentFile(options.deployment);
  const { chainId } = contracts;
  const rpc = rpcOf({ chain: { rpcUrls: [...options.rpcUrls], rpcTimeoutMilliseconds: 10_000 } }, systemClock);
  const finality = options.finality ?? contracts.deployment.finality ?? defaultFinality(chainId);
  const read = createHeadReader(rpc, finality);
  const reader = createChainReader({ rpc, contracts, clock: systemClock });
  const committees = createCommittees({ reader });
  const absentMembers = createAbsentMembers({ reader, committees });
  const fetch = peerFetch({ allowPrivateEndpoints: options.allowPrivateEndpoints, chainId });
  let verified: Promise<unknown> | undefined;
  return {
    ...httpTransport({ fetch, signal: options.signal }),
    domain: { chainId, contract: contracts.addresses.keeperRegistry },
    present: async () => {
      verified ??= verifyIdentity(rpc, identityOf(contracts.deployment));
      await verified;
      const heads: Heads = await read();
      const epoch = await reader.at(heads.final.hash).currentEpoch();
      const [members, absent] = await Promise.all([committees.of(epoch, heads), absentMembers(epoch, heads)]);
      const gone = slotsOf(absent);
      const present = members.filter(({ slot }) => !gone.includes(slot));
      const at = reader.at(heads.head.hash);
      const endpoints = await Promise.all(present.map(async ({ slot }) => (await at.keeperAt(slot))?.endpoint ?? ""));
      return { epoch, members: present.map((member, i) => ({ ...member, endpoint: endpoints[i] ?? "" })) };
    },
  };
};

const defaultFinality = (chainId: bigint): Finality =>
  isLocalChain(chainId) ? { kind: "confirmations", blocks: 0 } : { kind: "finalized" };
