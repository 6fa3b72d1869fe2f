import type { BlockRef } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { type Address, type KeeperBlock, type KeeperInfo, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import type { FeeCredit } from "../answering/feeCredit.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { FinalityGuard } from "../following/finalityGuard.ts";
import type { ChainView } from "../following/followChain.ts";
import type { ReadingAgain } from "../following/readingAgain.ts";
import { identityText, type KeeperIdentities } from "../membership/identity.ts";
import type { Standing } from "../membership/standing.ts";
import type { ShareRepairs } from "../repairing/repairShare.ts";
import type { Balance } from "../run/balance.ts";
import { KEEPER_VERSION } from "../run/keeperVersion.ts";
import type { EpochStatusReport } from "../sessions/epochStatus.ts";
import type { Readiness } from "./readiness.ts";
import type { KeeperStatus } from "./status.ts";

type Described = {
  readonly contracts: ServedContracts;
  readonly operator: Address;
  readonly identities: KeeperIdentities;
  readonly vault: Pick<Vault, "keyShares">;
  readonly standing: Standing;
  readonly repairs: Pick<ShareRepairs, "status">;
  readonly sharesMissing: () => number;
  readonly epochs: () => EpochStatusReport;
  readonly readiness: Readiness;
  readonly guard: Pick<FinalityGuard, "broken">;
  readonly mirroring: ReadingAgain["progress"];
  readonly balance: Balance;
  readonly feeCredit: FeeCredit;
  readonly view: () => ChainView | undefined;
  readonly url: () => string;
};

/** For readers: GET /v1/keeper. Throws KeyquorumError UNAVAILABLE while this keeper has no slot. */
export const describeKeeper = ({ contracts, operator, standing, readiness, sharesMissing, view }: Described): KeeperInfo => {
  const seen = view();
  if (standing.slot() === 0 || seen === undefined)
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
    sharesMissing: sharesMissing(),
    finalBlock: blockOf(seen.final),
    headBlock: blockOf(seen.head),
  };
};

const blockOf = ({ number, hash }: BlockRef): KeeperBlock => ({ number: BigInt(number), hash: parseHash32(hash) });

/** For its operator: GET /status. */
export const describeStatus = async ({
  contracts,
  operator,
  identities,
  vault,
  standing,
  epochs,
  repairs,
  readiness,
  guard,
  mirroring,
  balance,
  feeCredit,
  view,
  url,
}: Described): Promise<KeeperStatus> => {
  const seen = view();
  const keys = await vault.keyShares.list();
  return {
    url: url(),
    ready: readiness.isReady(),
    reasons: readiness.reasons(),
    operator,
    identityKey: identityText(standing.identity()),
    identityKeys: identities.all().map(identityText),
    lostEpochs: standing.lostEpochs(),
    operatorRegistered: standing.isOperatorRegistered(),
    operatorRevoked: standing.isOperatorRevoked(),
    revokedEpochs: standing.revokedEpochs(),
    slot: standing.slot(),
    epoch: standing.epoch(),
    keys: keys.map(({ keyId, epoch, state }) => ({ keyId, epoch, state })),
    epochs: epochs(),
    repairs: repairs.status(),
    chainId: contracts.chainId.toString(),
    head: seen?.head.number ?? 0,
    final: seen?.final.number ?? 0,
    mirrored: seen?.mirrored ?? 0,
    finalityBroken: guard.broken() ?? null,
    mirroring: mirroring() ?? null,
    balanceWei: balance.last()?.toString() ?? "",
    feeCreditWei: feeCredit.last()?.toString() ?? "",
    pid: process.pid,
  };
};
