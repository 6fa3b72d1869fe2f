import { rememberHashes } from "@keyquorum/bindings";
import { createSender, type Rpc, type SenderRecord } from "@keyquorum/chain";
import { backend, secureRandom } from "@keyquorum/threshold";
import { KeyquorumError, parseAddress } from "@keyquorum/wire";
import { openBulk } from "../bulk/openBulk.ts";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { createHeadLook } from "../contracts/headLook.ts";
import { createFinalityGuard } from "../following/finalityGuard.ts";
import { openFollowerCursor } from "../following/followerCursor.ts";
import { createSeenChain } from "../following/seenChain.ts";
import { loadIdentities } from "../membership/identity.ts";
import { openOperatorKey } from "../membership/operatorKey.ts";
import { createStanding } from "../membership/standing.ts";
import { httpTransport } from "../peers/httpTransport.ts";
import { peerFetch } from "../peers/peerFetch.ts";
import { describeError } from "../report/describeError.ts";
import { createMetrics } from "../report/metrics.ts";
import { createReadiness } from "../report/readiness.ts";
import { createShares } from "../shares/shares.ts";
import { createBalance } from "./balance.ts";
import { systemClock } from "./clock.ts";
import type { Closers } from "./closers.ts";
import type { Core } from "./core.ts";
import { eitherSignal } from "./eitherSignal.ts";
import type { OwnChain, OwnThings, Reporting } from "./foundations.ts";
import { createGiveWay } from "./giveWay.ts";
import type { KeeperOptions } from "./keeperOptions.ts";
import { KEEPER_VERSION } from "./keeperVersion.ts";
import { beginLife } from "./openNonces.ts";
import { createOwnUrl } from "./ownUrl.ts";
import { createRequestTime, type RequestTime } from "./requestTime.ts";
import { requireSoundCurve } from "./requireSoundCurve.ts";
import { createResends, type Resends } from "./resends.ts";
import { rpcOf } from "./rpcOf.ts";
import { createTransactions } from "./transactions.ts";
import { openKeeperVault } from "./vaultFile.ts";

type Options = KeeperOptions & { readonly log: Reporting["log"] };

/** Opens what every story stands on, and registers what must be closed again. Asks no chain. Throws KeeperError when files are not what they must be. */
export const openCore = async (config: KeeperConfig, options: Options, closers: Closers, stopping: AbortSignal): Promise<Core> => {
  const { log, extensions = [] } = options;
  const { wallet, ...own } = await openOwnThings(config, options, closers);
  const reporting = openReporting(options);
  const requestTime = createRequestTime({
    requestTimeout: config.http.requestTimeoutMilliseconds,
    rpcTimeout: config.chain.rpcTimeoutMilliseconds,
  });
  const resends = createResends({ log });
  const rpc = requestTime.bounded(stoppable(options.rpc ?? rpcOf(config, own.clock), stopping));
  const chain = await openChain({ ...own, ...reporting, rpc, requestTime, resends, wallet }, closers);
  const { guard, seen } = chain;
  const bulk = openBulk({ ...own, ...reporting, share: config.limits.bulkWorkShare, stopping });
  closers.add("long computations", bulk.close);
  const fetchPeer = peerFetch({ allowPrivateEndpoints: config.repair.allowPrivateEndpoints, chainId: own.contracts.chainId });
  const base = {
    ...own,
    ...reporting,
    ...chain,
    extensions,
    fetchPeer,
    peers: httpTransport({ fetch: fetchPeer, signal: stopping }),
    giveWay: createGiveWay(own),
    bulk,
    within: requestTime.within,
    assertServing: () => {
      guard.assertStands();
      if (seen.now() === undefined) throw new KeyquorumError("UNAVAILABLE", "This keeper has not seen the chain yet.");
    },
    ownUrl: createOwnUrl(),
    stopping,
    resends,
  };
  const shares = createShares(base);
  closers.add("key shares in memory", shares.materials.erase);
  return { ...base, shares };
};

type Wallet = Awaited<ReturnType<typeof openOperatorKey>>;

const openOwnThings = async (
  config: KeeperConfig,
  options: Options,
  closers: Closers,
): Promise<OwnThings & { readonly wallet: Wallet }> => {
  const { clock = systemClock, random = secureRandom, log } = options;
  requireSoundCurve(random);
  rememberHashes();
  if (backend.name === "noble")
    log.warn("WebAssembly is refused here: points are multiplied in JavaScript, which is much slower and not constant in time");
  const contracts = await readDeployment(config);
  const wallet = await openOperatorKey(config.operator);
  const operator = parseAddress(wallet.address);
  const vault = await openKeeperVault({ config, contracts, operator, clock });
  closers.add("vault", () => vault.close());
  const identities = await loadIdentities(vault);
  const { nonces, boot } = await beginLife(vault, random);
  log.info("Keeper is starting", {
    version: KEEPER_VERSION,
    operator,
    chainId: contracts.chainId,
    registry: contracts.addresses.keeperRegistry,
  });
  for (const { address, selector } of config.wallets.factories)
    log.warn("A factory is listed: its accounts sign before they are deployed, in a state that its call made", {
      factory: address,
      selector,
    });
  for (const { name } of options.extensions ?? []) log.warn("An extension is loaded: it sees what this keeper sees", { extension: name });
  return { config, contracts, operator, operators: [operator, ...vault.formerOperators], vault, identities, nonces, boot, clock, wallet };
};

const openReporting = ({ log, processMetrics = false, droppedLogLines = () => 0 }: Options): Reporting => {
  const metrics = createMetrics({ version: KEEPER_VERSION, processMetrics, droppedLogLines });
  const readiness = createReadiness((reasons) => {
    metrics.ready.set(reasons.length === 0 ? 1 : 0);
    if (reasons.length === 0) log.info("This keeper is ready");
    else log.warn("This keeper is not ready", { reasons });
  });
  return { log, metrics, readiness };
};

type Base = OwnThings &
  Reporting & { readonly rpc: Rpc; readonly requestTime: RequestTime; readonly resends: Resends; readonly wallet: Wallet };

const openChain = async (base: Base, closers: Closers): Promise<OwnChain> => {
  const { config, contracts, operator, vault, rpc, requestTime } = base;
  const { finality } = config.chain;
  const cursor = openFollowerCursor(vault, contracts.block);
  const stateBefore = await cursor.load();
  const reader = createChainReader({ rpc, contracts, clock: base.clock, within: requestTime.within });
  const guard = createFinalityGuard({ ...base, finality });
  if (stateBefore !== undefined) guard.note({ state: stateBefore });
  const standing = createStanding({ ...base, reader, formerOperators: vault.formerOperators });
  const balance = createBalance({ ...base, operator, reserve: config.limits.balanceReserveWei });
  const looks = createHeadLook({
    ...{ rpc, finality, clock: base.clock, within: requestTime.within, check: guard.check },
    sharedMilliseconds: config.chain.headLookMilliseconds,
  });
  const isHeldBack = (): boolean => standing.isOperatorRevoked() || guard.broken() !== undefined;
  return {
    ...{ rpc, reader, cursor, guard, standing, balance },
    mirroredBefore: stateBefore === undefined ? undefined : stateBefore.next - 1,
    seen: createSeenChain(),
    look: async () => {
      guard.assertStands();
      return looks.now();
    },
    recentLook: async (least) => {
      guard.assertStands();
      const heads = await looks.recent(least);
      guard.assertStands(); // what broke it may have been seen since that look
      return heads;
    },
    ...openTransactions(base, isHeldBack, closers),
  };
};

const GWEI = 1_000_000_000n;

/** Every transaction of this keeper has both, from its intent or from the outbox. */
const intentOf = ({ kind = "", subject = "" }: SenderRecord) => ({ kind, subject });

const openTransactions = (base: Base, isHeldBack: () => boolean, closers: Closers): Pick<OwnChain, "transactions" | "resumeSending"> => {
  const { config, contracts, vault, rpc, wallet, resends, clock, log } = base;
  const sender = createSender({
    rpc,
    chainId: contracts.chainId,
    account: wallet,
    store: {
      load: async () => (await vault.outbox.list<SenderRecord>()).map(({ kind, subject, entry }) => ({ ...entry, kind, subject })),
      save: (record) => vault.outbox.save({ id: record.id, ...intentOf(record), entry: record }),
    },
    finality: config.chain.finality,
    pollMs: config.chain.pollIntervalMilliseconds,
    maxFeePerGas: BigInt(config.chain.maxFeeGwei) * GWEI,
    clock,
    // Of a revoked account's nothing is sent again, and nothing is cancelled: either would cost gas for what contracts refuse.
    isStillWanted: async (record) => (isHeldBack() ? "later" : resends.isStillWanted(intentOf(record), record)),
    onProblem: ({ id, kind, error }) => log.debug("A transaction is delayed", { id, kind, ...describeError(error) }),
  });
  const transactions = createTransactions({
    ...base,
    sender,
    recorded: (id) => vault.outbox.load<SenderRecord>(id),
    isRevoked: isHeldBack,
  });
  closers.add("transactions", async () => {
    await sender.close();
    await transactions.idle();
  });
  return { transactions, resumeSending: () => sender.start() };
};

/** Calls that nobody waits for any more end when the keeper stops. */
const stoppable = (rpc: Rpc, stopping: AbortSignal): Rpc => ({
  send: async (method, params, options) => {
    const own = options?.signal ?? stopping;
    if (own === stopping) return rpc.send(method, params, { ...options, signal: stopping });
    const { signal, letGo } = eitherSignal(stopping, own);
    try {
      return await rpc.send(method, params, { ...options, signal });
    } finally {
      letGo();
    }
  },
});
