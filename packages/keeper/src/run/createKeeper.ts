import {
  createAbsenceCheck,
  createFollower,
  createSecondLook,
  createSender,
  identityOf,
  type Rpc,
  readHeads,
  type SenderRecord,
  transactionCost,
  verifyIdentity,
  WrongChainError,
} from "@keyquorum/chain";
import { type HttpRoute, healthRoutes, metricsRoute } from "@keyquorum/http";
import { type EcBackend, nobleBackend, type RandomSource, secureRandom } from "@keyquorum/threshold";
import { KeyquorumError, parseAddress } from "@keyquorum/wire";
import { createAnswerRequest } from "../answering/answerRequest.ts";
import { type AnswerService, createAnswerService } from "../answering/answerService.ts";
import { createAuthorizeReader } from "../answering/authorizeReader.ts";
import { createChallengeBudget } from "../answering/challengeBudget.ts";
import { createChallengeLies } from "../answering/challengeLies.ts";
import { createFeeCredit } from "../answering/feeCredit.ts";
import { createPostedAnswers } from "../answering/postedAnswers.ts";
import { pruneRequests } from "../answering/pruneRequests.ts";
import { createRefusals } from "../answering/refusals.ts";
import { createRequestBudget } from "../answering/requestBudget.ts";
import { createRequestLimits } from "../answering/requestLimits.ts";
import { shareRequestRoute } from "../answering/shareRequestRoute.ts";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { createHeadLook } from "../contracts/headLook.ts";
import { createFinalityGuard } from "../following/finalityGuard.ts";
import { type ChainView, followChain } from "../following/followChain.ts";
import { openFollowerCursor } from "../following/followerCursor.ts";
import { createForgetTakenBack } from "../following/forgetTakenBack.ts";
import { createNoteAbsences, watchedLogsOf } from "../following/noteAbsences.ts";
import { createReadAgain } from "../following/readAgain.ts";
import { createReadingAgain } from "../following/readingAgain.ts";
import { createSettleFinality } from "../following/settleFinality.ts";
import { wantedMirrorIn } from "../following/wantedMirror.ts";
import { loadIdentities } from "../membership/identity.ts";
import { createEraseIdentities } from "../membership/identityErasure.ts";
import { openOperatorKey } from "../membership/operatorKey.ts";
import { createPeerClocks } from "../membership/peerClocks.ts";
import { createPostEpochKey } from "../membership/postEpochKey.ts";
import { createStanding } from "../membership/standing.ts";
import { createRepairHelp } from "../repairing/helpRepair.ts";
import { httpPeer } from "../repairing/httpPeer.ts";
import { peerFetch } from "../repairing/peerFetch.ts";
import { repairRoutes } from "../repairing/repairRoutes.ts";
import { createShareRepairs } from "../repairing/repairShare.ts";
import { wantedRepairs } from "../repairing/wantedRepairs.ts";
import { watchAudit } from "../report/auditWatch.ts";
import { createClockWatch } from "../report/clockWatch.ts";
import { describeError } from "../report/describeError.ts";
import { describeKeeper, describeStatus } from "../report/describeKeeper.ts";
import { keeperRoute } from "../report/keeperRoute.ts";
import { createLogger, type Logger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createReadiness, type Notice } from "../report/readiness.ts";
import { statusRoute } from "../report/status.ts";
import { createVaultWatch } from "../report/vaultWatch.ts";
import { createConsent } from "../sessions/consent.ts";
import { createEpochOutlook, type EpochsSeen } from "../sessions/epochOutlook.ts";
import { describeEpochs } from "../sessions/epochStatus.ts";
import { createGeneration } from "../sessions/generation.ts";
import { createContractBoard } from "../sessions/keyGenerationBoard.ts";
import { createReshare } from "../sessions/reshare.ts";
import { createReshareBoard } from "../sessions/reshareBoard.ts";
import { createReshareProgress } from "../sessions/reshareProgress.ts";
import { createSessionLoop } from "../sessions/sessionLoop.ts";
import { createActiveKeys } from "../shares/activeKeys.ts";
import { createCommittees } from "../shares/committees.ts";
import { createEraseRetired } from "../shares/eraseRetired.ts";
import { createHandOver } from "../shares/handOver.ts";
import { createKeyBook } from "../shares/keyBook.ts";
import { createKeyMaterials } from "../shares/keyMaterial.ts";
import { createShareCheck } from "../shares/shareCheck.ts";
import { createBalance } from "./balance.ts";
import { type Clock, systemClock } from "./clock.ts";
import { createClosers } from "./closers.ts";
import type { Duties } from "./duty.ts";
import { KeeperError } from "./errors.ts";
import { every } from "./every.ts";
import type { KeeperExtension } from "./extension.ts";
import { createGiveWay } from "./giveWay.ts";
import { createKeeperLife, type Keeper } from "./keeperLife.ts";
import { createKeeperServer } from "./keeperServer.ts";
import { KEEPER_VERSION } from "./keeperVersion.ts";
import { openNonces } from "./openNonces.ts";
import { createDutyRunner } from "./performDuties.ts";
import { createRequestTime } from "./requestTime.ts";
import { requireSoundCurve } from "./requireSoundCurve.ts";
import { rpcOf } from "./rpcOf.ts";
import { createStillWanted } from "./stillWanted.ts";
import { DUTIES } from "./table.ts";
import { createTransactions } from "./transactions.ts";
import { openKeeperVault } from "./vaultFile.ts";
import { createWorkRunner } from "./workRunner.ts";

/** What a program that embeds a keeper may give it. Everything has a default. */
export type KeeperOptions = {
  readonly duties?: Duties;
  readonly routes?: readonly HttpRoute[];
  readonly extensions?: readonly KeeperExtension[];
  /** Instead of the RPC URLs of the configuration. */
  readonly rpc?: Rpc;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly log?: Logger;
  /** How many lines the logger's destination has thrown away, for /metrics. */
  readonly droppedLogLines?: () => number;
  /** What is tested at the start as that which multiplies points. Default: the one that this program multiplies with. */
  readonly curve?: EcBackend;
  /** Whether /metrics has the figures of the process, too. For a process that is one keeper. */
  readonly processMetrics?: boolean;
};

const PRUNE_EVERY_MILLISECONDS = 60_000;
const DROP_EVERY_MILLISECONDS = 3_600_000;
const BOOK_EVERY_MILLISECONDS = 2_000;
/** The file is compacted after an erasure: what is due within this time goes together. */
const ERASE_EVERY_MILLISECONDS = 10_000;
const GWEI = 1_000_000_000n;

/**
 * Composes a keeper: everything it is made of is built here, in this order, and nowhere else. Opens the data directory; asks no chain yet.
 * Throws KeeperError when the files are not what they must be.
 */
export const createKeeper = async (config: KeeperConfig, options: KeeperOptions = {}): Promise<Keeper> => {
  const log = options.log ?? createLogger(config.log.level);
  const closers = createClosers(log);
  try {
    return await compose(config, { ...options, log }, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
};

const compose = async (
  config: KeeperConfig,
  options: KeeperOptions & { readonly log: Logger },
  closers: ReturnType<typeof createClosers>,
): Promise<Keeper> => {
  const { clock = systemClock, random = secureRandom, extensions = [], log } = options;
  requireSoundCurve(options.curve ?? nobleBackend, random);
  const { chain, limits } = config;
  const stopping = new AbortController();

  // What the operator gives.
  const contracts = await readDeployment(config);
  const wallet = await openOperatorKey(config.operator);
  const operator = parseAddress(wallet.address);
  const vault = await openKeeperVault({ config, contracts, operator, clock });
  closers.add("vault", () => vault.close());
  const identities = await loadIdentities(vault);
  const nonces = await openNonces(vault, random);
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
  for (const { name } of extensions) log.warn("An extension is loaded: it sees what this keeper sees", { extension: name });

  // What is seen from outside.
  const { processMetrics = false, droppedLogLines = () => 0 } = options;
  const metrics = createMetrics({ version: KEEPER_VERSION, processMetrics, droppedLogLines });
  const readiness = createReadiness((reasons) => {
    metrics.ready.set(reasons.length === 0 ? 1 : 0);
    if (reasons.length === 0) log.info("This keeper is ready");
    else log.warn("This keeper is not ready", { reasons });
  });
  const clockWatch = createClockWatch({ clock, log, metrics });
  let view: ChainView | undefined;
  const scrub = createVaultWatch({ vault, clock, log, metrics, readiness });
  const verifyAudit = await watchAudit({ vault, clock, log, metrics, readiness });

  // The chain.
  const watched = watchedLogsOf(contracts);
  const cursor = openFollowerCursor(vault, contracts.block);
  const stateBefore = await cursor.load();
  const requestTime = createRequestTime({
    requestTimeout: config.http.requestTimeoutMilliseconds,
    rpcTimeout: chain.rpcTimeoutMilliseconds,
  });
  const rpc = requestTime.bounded(stoppable(options.rpc ?? rpcOf(config, clock), stopping.signal));
  const reader = createChainReader({ rpc, contracts });
  const guard = createFinalityGuard({ rpc, finality: chain.finality, log, metrics, readiness });
  if (stateBefore !== undefined) guard.note({ state: stateBefore });
  const standing = createStanding({ reader, operator, formerOperators: vault.formerOperators, identities, log, metrics, readiness });
  const isHeldBack = (): boolean => standing.isOperatorRevoked() || guard.broken() !== undefined;
  const balance = createBalance({ rpc, operator, reserve: limits.balanceReserveWei, clock, log, metrics });
  const sender = createSender({
    rpc,
    chainId: contracts.chainId,
    account: wallet,
    store: {
      load: async () => (await vault.outbox.list<SenderRecord>()).map(({ entry }) => entry),
      save: (record) => vault.outbox.save(record.id, record),
    },
    finality: chain.finality,
    pollMs: chain.pollIntervalMilliseconds,
    maxFeePerGas: BigInt(chain.maxFeeGwei) * GWEI,
    clock,
    // Of a revoked account's nothing is sent again, and nothing is cancelled: either would cost gas for what contracts refuse.
    isStillWanted: async (id) => (isHeldBack() ? "later" : stillWanted(id)),
    onProblem: ({ id, kind, error }) => log.debug("A transaction is delayed", { id, kind, ...describeError(error) }),
  });
  const transactions = createTransactions({
    sender,
    recorded: (id) => vault.outbox.load<SenderRecord>(id),
    isRevoked: isHeldBack,
    clock,
    log,
    metrics,
  });
  closers.add("transactions", async () => {
    await sender.close();
    await transactions.idle();
  });

  // Epochs.
  const operators = [operator, ...vault.formerOperators];
  const feeCredit = createFeeCredit({ reader, slot: standing.slot, operators, clock, metrics });
  const committees = createCommittees({ reader });
  const handOver = createHandOver({ reader });
  const activeKeys = createActiveKeys({ vault, contracts });
  const keyBook = createKeyBook({ vault, reader, activeKeys, committees, handOver, operators, log, metrics });
  const { minDelaySeconds, eraseDelaySeconds } = config.epochs;
  if (minDelaySeconds === 0)
    log.warn(
      "[epochs] minDelaySeconds is 0: this keeper deals its shares into every epoch at once, and its operator has no time to veto one",
    );
  if (eraseDelaySeconds === 0)
    log.warn("[epochs] eraseDelaySeconds is 0: this keeper erases shares of former epochs on a moment's word of its RPC providers");
  const outlook = createEpochOutlook({
    ...{ vault, reader, clock, minDelaySeconds, log, metrics },
    dataDirectory: config.dataDirectory,
    slot: standing.slot,
  });
  const consentTo = createConsent({ vault, reader, clock, dataDirectory: config.dataDirectory, ...config.epochs });

  // Answers.
  const materials = createKeyMaterials({ vault, reader, contracts, mirroredFinal: () => view?.final.number ?? -1 });
  closers.add("key shares in memory", materials.erase);
  const giveWay = createGiveWay({ clock });
  const refusals = createRefusals({ vault, clock, log });
  closers.add("refusals", async () => {
    await refusals.write(); // what is being written
    await refusals.write(); // what came meanwhile
  });
  const look = createHeadLook({ rpc, finality: chain.finality, within: requestTime.within });
  const mirroredFinal = (): number => view?.final.number ?? -1;
  const answers = createAnswerService({
    ...{ vault, rpc, reader, contracts, materials, handOver, committees, operators, identities, nonces, clock, extensions, log, metrics },
    look: async () => {
      guard.assertStands();
      const heads = await look();
      await guard.check(heads);
      return heads;
    },
    limits: createRequestLimits({ ...limits, clock }),
    refusals,
    maxHeadAge: chain.maxHeadAgeSeconds,
    minHeadNumber: () => view?.mirrored ?? 0,
    mirroredFinal,
  });
  const service: AnswerService = { answer: (input) => giveWay.first(() => answers.answer(input)) };

  // Lost shares: of others, and its own.
  const help = createRepairHelp({
    ...{ vault, rpc, reader, contracts, committees, materials, identities, clock, log, metrics },
    finality: chain.finality,
    maxHeadAge: chain.maxHeadAgeSeconds,
    minHeadNumber: () => view?.mirrored ?? 0,
    checkFinality: guard.check,
  });
  const fetchPeer = peerFetch({ allowPrivateEndpoints: config.repair.allowPrivateEndpoints, chainId: chain.chainId });
  const repairs = createShareRepairs({
    ...{ vault, rpc, reader, contracts, committees, materials, identities, operator, transactions, nonces, clock, log, metrics },
    peerAt: (endpoint) => httpPeer({ endpoint, fetch: fetchPeer, signal: stopping.signal }),
    wanted: async () => (config.repair.automatic ? undefined : wantedRepairs(config.dataDirectory)),
  });
  closers.add("repairs", repairs.idle);
  const comparePeerClocks = createPeerClocks({
    endpoints: async (heads) => {
      if (standing.epoch() === 0) return [];
      const members = await committees.of(standing.epoch(), heads);
      const others = members.filter(({ slot }) => slot !== standing.slot());
      const records = await Promise.all(others.slice(0, 8).map(({ slot }) => reader.at(heads.head.hash).keeperAt(slot)));
      return records.flatMap((record) => (record === undefined || record.endpoint === "" ? [] : [record.endpoint]));
    },
    fetch: fetchPeer,
    ...{ clock, log, watch: clockWatch, signal: stopping.signal },
  });

  const stillWanted = createStillWanted({ vault, rpc, contracts, operator, service, reader, operators, consentTo, heads: () => view, log });

  // Work: what events set going.
  const { stagingBlocks } = chain;
  const budget = createRequestBudget({ vault, contracts, slot: standing.slot, balance: balance.read, ...limits, clock });
  const posted = createPostedAnswers({ vault, contracts });
  const challengeBudget = createChallengeBudget({ vault, balance: balance.read, clock, ...limits });
  const board = createContractBoard({ keyGeneration: contracts.addresses.keyGeneration, transactions });
  const reshareBoard = createReshareBoard({ keyResharing: contracts.addresses.keyResharing, transactions });
  const reshares = createReshareProgress({ metrics });
  const sessionParts = { vault, reader, contracts, operators, materials, giveWay, nonces, stagingBlocks, extensions, log, metrics };
  const work = createWorkRunner({
    work: vault.work,
    handlers: {
      epochKey: createPostEpochKey({ vault, reader, contracts, operator, identities, transactions, nonces, log }),
      session: createSessionLoop(sessionParts, createGeneration({ ...sessionParts, board })),
      request: createAnswerRequest({
        vault,
        reader,
        contracts,
        service,
        transactions,
        budget,
        posted,
        slot: standing.slot,
        stagingBlocks,
        log,
      }),
      challenge: createChallengeLies({
        ...{ vault, reader, contracts, posted, transactions, stagingBlocks, log, metrics },
        budget: challengeBudget,
        costOf: (data) => transactionCost(rpc, { from: operator, to: contracts.addresses.optimisticRequests, data }),
        slot: standing.slot,
      }),
      reshare: createSessionLoop(
        sessionParts,
        createReshare({ ...sessionParts, committees, consentTo, handOver, board: reshareBoard, progress: reshares }),
      ),
    },
    apart: ["reshare"],
    clock,
    log,
    metrics,
  });
  closers.add("work", work.idle);

  // The loop: logs are mirrored and set work going, in one transaction; then the work of this head is done.
  const performDuties = createDutyRunner({ contracts, duties: options.duties ?? DUTIES, extensions, log });
  const forgetTakenBack = createForgetTakenBack(contracts);
  const absences = createAbsenceCheck({ rpc, watched, clock, onNote: createNoteAbsences({ log, metrics }) });
  const follower = createFollower({
    rpc,
    addresses: [...watched.keys()],
    fromBlock: contracts.block,
    store: {
      load: cursor.load,
      commit: (batch) => cursor.commit(batch, performDuties),
      rollback: (toBlock, state) => cursor.rollback(toBlock, state, forgetTakenBack),
    },
    finality: chain.finality,
    maxRange: chain.maxLogRange,
    absences,
    clock,
  });
  const readingAgain = createReadingAgain({
    readAgain: createReadAgain({
      look: createSecondLook({ rpc, addresses: [...watched.keys()], absences }),
      ...{ vault, cursor, performDuties, log, metrics },
    }),
    mirroredBefore: stateBefore === undefined ? undefined : stateBefore.next - 1,
    fromBlock: contracts.block,
    maxRange: chain.maxLogRange,
    wanted: wantedMirrorIn(config.dataDirectory),
    clock,
    log,
  });
  const prune = every(PRUNE_EVERY_MILLISECONDS, clock, async () => {
    await vault.answers.prune(clock.now());
    await refusals.write();
  });
  const dropRequests = every(DROP_EVERY_MILLISECONDS, clock, ({ final }: ChainView) =>
    pruneRequests({ vault, contracts, reader }, final, clock.now()),
  );
  const eraseRetired = createEraseRetired({ vault, reader, activeKeys, handOver, materials, clock, eraseDelaySeconds, log, metrics });
  const keepBook = every(BOOK_EVERY_MILLISECONDS, clock, async (seen: ChainView) => {
    await Promise.all([keyBook.refresh(seen), outlook.refresh(seen)]);
    await checkShares(seen);
    await repairs.round(keyBook.missingShares(), seen);
  });
  const checkShares = createShareCheck({ materials, keyBook, epoch: standing.epoch, log });
  const erase = every(ERASE_EVERY_MILLISECONDS, clock, eraseRetired);
  const eraseIdentities = every(
    ERASE_EVERY_MILLISECONDS,
    clock,
    createEraseIdentities({ vault, reader, committees, identities, slot: standing.slot, log }),
  );
  const forgetUnannounced = every(ERASE_EVERY_MILLISECONDS, clock, () => vault.transaction(forgetTakenBack));
  const onRound = async (seen: ChainView): Promise<void> => {
    view = seen;
    clockWatch.noteHead(seen.head);
    await comparePeerClocks(seen);
    await standing.refresh(seen.head);
    readiness.set("starting", false);
    await work.round(seen);
    await readingAgain.round(Math.min(seen.final.number, seen.mirrored), stopping.signal);
    await keepBook(seen);
    if (guard.broken() !== undefined) return; // seen while this round went on: nothing is erased then
    await forgetUnannounced();
    await erase(seen);
    await eraseIdentities(seen);
    await balance.refresh();
    await prune();
    await scrub();
    await verifyAudit();
    await dropRequests(seen);
    await feeCredit.refresh(seen.head);
  };
  const assertOwnChain = async (): Promise<void> => {
    try {
      await verifyIdentity(rpc, identityOf(contracts.deployment));
      await standing.refresh((await readHeads(rpc, chain.finality)).head);
    } catch (error) {
      if (!(error instanceof WrongChainError)) throw error;
      throw new KeeperError(
        "WRONG_CHAIN",
        error.message,
        { field: error.field, expected: error.expected, found: error.found },
        { cause: error },
      );
    }
  };
  const runWork = async (): Promise<void> => {
    const settle = createSettleFinality({ guard, cursor, dataDirectory: config.dataDirectory, log });
    const loop = { ...chain, guard, settle, follower, clock, log, metrics, readiness, onRound, onReorg: assertOwnChain };
    sender.start().catch((error: unknown) => log.warn("Transactions of an earlier life wait for the chain", describeError(error)));
    await followChain(loop, stopping.signal);
  };

  // HTTP.
  const sharesMissing = (): number => keyBook.missingShares().length;
  const described = {
    contracts,
    operator,
    identities,
    vault,
    standing,
    epochs: () => describeEpochs({ outlook, keyBook, reshares }),
    repairs,
    sharesMissing,
    readiness,
    guard,
    mirroring: readingAgain.progress,
    balance,
    feeCredit,
    view: () => view,
    url: () => life.url(),
  };
  const assertServing = (): void => {
    guard.assertStands();
    if (view === undefined) throw new KeyquorumError("UNAVAILABLE", "This keeper has not seen the chain yet.");
  };
  // Each is looked at, and whoever reaches /metrics may ask as often as it likes.
  const countKeys = every(BOOK_EVERY_MILLISECONDS, clock, async () => {
    const keys = await vault.keyShares.list();
    for (const state of ["pending", "active"] as const) metrics.keys.set({ state }, keys.filter((key) => key.state === state).length);
  });
  const domain = { chainId: contracts.chainId, shareRequests: contracts.addresses.shareRequests };
  const authorizeReader = createAuthorizeReader({ rpc, reader, domain, factories: config.wallets.factories });
  const health = [healthRoutes(readiness, () => noticesOf(outlook.seen(), sharesMissing()))];
  const figures = [metricsRoute(metrics.registry, countKeys)];
  const http = await createKeeperServer({
    http: config.http,
    routes: [
      ...health,
      statusRoute(() => describeStatus(described)),
      keeperRoute(() => describeKeeper(described)),
      repairRoutes({ help, assertServing, within: requestTime.within }),
      shareRequestRoute({
        service: { answer: (input) => requestTime.within(() => service.answer(input)) },
        authorizeReader,
        refusals,
        domain,
        clock,
        newestBlockTime: () => view?.head.timestamp ?? 0,
        assertServing,
        maxDeadlineSeconds: limits.maxDeadlineSeconds,
      }),
      ...(config.metrics.port === undefined ? figures : []),
      ...(options.routes ?? []),
      ...extensions.flatMap(({ routes = [] }) => routes),
    ],
    log,
    metrics,
  });
  const { host, port } = config.metrics;
  const metricsHttp =
    port === undefined
      ? undefined
      : await createKeeperServer({
          http: { ...config.http, tls: undefined, trustProxy: false, host, port },
          routes: [...health, ...figures],
          log,
          metrics,
        });

  const life: Keeper = createKeeperLife({
    config,
    assertOwnChain,
    work: runWork,
    http,
    metricsHttp,
    stopping,
    closers,
    clock,
    readiness,
    log,
  });
  return life;
};

const noticesOf = ({ dealsLater }: EpochsSeen, sharesMissing: number): readonly Notice[] => [
  ...(dealsLater === undefined
    ? []
    : [{ notice: "deals_later" as const, epoch: dealsLater.epoch, until: new Date(dealsLater.until).toISOString() }]),
  ...(sharesMissing === 0 ? [] : [{ notice: "shares_missing" as const, keys: sharesMissing }]),
];

/** Calls that nobody waits for any more end when the keeper stops. */
const stoppable = (rpc: Rpc, signal: AbortSignal): Rpc => ({
  send: (method, params, options) =>
    rpc.send(method, params, { ...options, signal: options?.signal === undefined ? signal : AbortSignal.any([signal, options.signal]) }),
});
