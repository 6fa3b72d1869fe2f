import type { BlockRef } from "@keyquorum/chain";
import { type KeeperBlock, type KeeperInfo, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import { KEEPER_VERSION } from "../run/keeperVersion.ts";

/** For readers: GET /v1/keeper. Throws KeyquorumError UNAVAILABLE while this keeper has no slot. */
export const describeKeeper = ({ config, contracts, operator, boot, standing, readiness, shares, seen }: Core): KeeperInfo => {
  const view = seen.now();
  if (standing.slot() === 0 || view === undefined)
    throw new KeyquorumError("UNAVAILABLE", "This keeper is not registered yet, or has not seen the chain.");
  return {
    software: `keyquorum-keeper ${KEEPER_VERSION}`,
    name: standing.name(),
    chainId: contracts.chainId,
    keeperRegistry: contracts.addresses.keeperRegistry,
    shareRequests: contracts.addresses.shareRequests,
    slot: standing.slot(),
    operator,
    identityKey: standing.identity(),
    ready: readiness.isReady(),
    sharesMissing: shares.keyBook.missingShares().length,
    finalBlock: blockOf(view.final),
    headBlock: blockOf(view.head),
    headLookMilliseconds: config.chain.headLookMilliseconds,
    maxHeadAgeSeconds: config.chain.maxHeadAgeSeconds,
    boot,
  };
};

const blockOf = ({ number, hash }: BlockRef): KeeperBlock => ({ number: BigInt(number), hash: parseHash32(hash) });
