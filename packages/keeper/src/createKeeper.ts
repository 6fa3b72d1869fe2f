import { rm, writeFile } from "node:fs/promises";
import {
  type BlockRef,
  ChainUnavailableError,
  createFollower,
  createSender,
  type FollowerState,
  httpRpc,
  identityOf,
  quorumRpc,
  type Rpc,
  readHeads,
  type SenderRecord,
  verifyIdentity,
  WrongChainError,
} from "@keyquorum/chain";
import { encodePoint, type RandomSource, secureRandom } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, KeyquorumError, parseAddress, parseHash32 } from "@keyquorum/wire";
import { createAnswerService } from "./answers/answerService.ts";
import { createKeyMaterials } from "./answers/keyMaterial.ts";
import { type Clock, systemClock } from "./clock.ts";
import { createClosers } from "./closers.ts";
import type { KeeperConfig } from "./config/parseConfig.ts";
import { createChainReader } from "./contracts/chainReader.ts";
import { readDeployment } from "./deployment.ts";
import { describeError } from "./describeError.ts";
import type { Duties } from "./duties/duty.ts";
import { createDutyRunner } from "./duties/performDuties.ts";
import { DUTIES } from "./duties/table.ts";
import { KeeperError } from "./errors.ts";
import type { KeeperExtension } from "./extension.ts";
import { type ChainView, followChain } from "./followChain.ts";
import { healthRoutes, metricsRoute } from "./http/healthRoutes.ts";
import { createHttpServer, type KeeperRoute } from "./http/httpServer.ts";
import { keeperRoute } from "./http/keeperRoute.ts";
import { shareRequestRoute } from "./http/shareRequestRoute.ts";
import { loadIdentity } from "./identity.ts";
import { KEEPER_VERSION } from "./keeperVersion.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { openOperatorKey } from "./operatorKey.ts";
import { createReadiness } from "./readiness.ts";
import { createStanding } from "./standing.ts";
import { type KeeperStatus, statusRoute, urlFileOf } from "./status.ts";
import { openKeeperVault } from "./vaultFile.ts";
import { createAnswerRequest } from "./work/answerRequest.ts";
import { createGenerateKey } from "./work/generateKey.ts";
import { createContractBoard } from "./work/keyGenerationBoard.ts";
import { createPostEpochKey } from "./work/postEpochKey.ts";
import { createRequestBudget } from "./work/requestBudget.ts";
import { createTransactions, type Intent } from "./work/transactions.ts";
import { createWorkRunner } from "./work/workRunner.ts";

/** One keeper: `start` it once, `stop` it once. */
export type Keeper = {
  /** Resolves when it listens. Throws KeeperError when it must not run; what was opened is then closed. */
  readonly start: () => Promise<void>;
  /** Answers what is being asked, stops, and closes everything in reverse order. */
  readonly stop: () => Promise<void>;
  /** Where it listens; empty before `start`. */
  readonly url: () => string;
  /** Resolves when it stopped: with the reason when it must not go on. */
  readonly ended: Promise<KeeperError | undefined>;
};

/** What a program that embeds a keeper may give it. Everything has a default. */
export type KeeperOptions = {
  readonly duties?: Duties;
  readonly routes?: readonly KeeperRoute[];
  readonly extensions?: readonly KeeperExtension[];
  readonly rpc?: Rpc;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly log?: Logger;
  /** Whether /metrics has the figures of the process, too. For a process that is one keeper. */
  readonly processMetrics?: boolean;
};

/** How long `start` waits for the chain before it listens without it. */
const FIRST_LOOK_MILLISECONDS = 3_000;
const BALANCE_EVERY_MILLISECONDS = 10_000;
const PRUNE_EVERY_MILLISECONDS = 60_000;
const RETRY_MILLISECONDS = 2_000;
const GWEI = 1_000_000_000n;

const rpcOf = ({ chain }: KeeperConfig, clock: Clock): Rpc =>
  quorumRpc(
    chain.rpcUrls.map((url) => httpRpc(url, { timeoutMs: chain.rpcTimeoutMilliseconds, clock })),
    { clock },
  );

/**
 * Composes a keeper: everything it is made of is built here, in this order, and nowhere else. Opens the data directory; asks no chain yet.
 * Throws KeeperError when the files are not what they must be.
 */
export const createKeeper = async (config: KeeperConfig, options: KeeperOptions = {}): Promise<Keeper> => {
  const { clock = systemClock, random = secureRandom, extensions = [], log = createLogger(config.log.level) } = options;
  const closers = createClosers(log);
  const stopping = new AbortController();

  const contracts = await readDeployment(config);
  const wallet = await openOperatorKey(config.operator);
  const operator = parseAddress(wallet.address);
  const vault = await openKeeperVault({ config, contracts, operator, clock });
  closers.add("vault", () => vault.close());
  try {
    return await compose();
  } catch (error) {
    await closers.closeAll();
    throw error;
  }

  async function compose(): Promise<Keeper> {
    const identity = await loadIdentity(vault);
    const metrics = createMetrics({ version: KEEPER_VERSION, processMetrics: options.processMetrics ?? false });
    const readiness = createReadiness((reasons) => {
      metrics.ready.set(reasons.length === 0 ? 1 : 0);
      log.debug("Readiness changed", { reasons });
    });
    const rpc = options.rpc ?? rpcOf(config, clock);
    const reader = createChainReader({ rpc, contracts });
    const standing = createStanding({ reader, operator, identityKey: identity.publicKey, log, metrics, readiness });
    let view: ChainView | undefined;

    const sender = createSender({
      rpc,
      chainId: contracts.chainId,
      account: wallet,
      store: {
        load: async () => (await vault.outbox.list<SenderRecord>()).map(({ entry }) => entry),
        save: (record) => vault.outbox.save(record.id, record),
      },
      finality: config.chain.finality,
      pollMs: config.chain.pollIntervalMilliseconds,
      maxFeePerGas: BigInt(config.chain.maxFeeGwei) * GWEI,
      clock,
      onProblem: ({ id, kind, error }) => log.debug("A transaction is delayed", { id, kind, ...describeError(error) }),
    });
    const transactions = createTransactions({
      sender,
      recorded: (id) => vault.outbox.load<SenderRecord>(id).then(callOf),
      clock,
      log,
      metrics,
    });
    closers.add("transactions", async () => {
      await sender.close();
      await transactions.idle();
    });

    const materials = createKeyMaterials({ vault, reader, contracts });
    closers.add("key shares in memory", () => materials.erase());
    const service = createAnswerService({
      vault,
      rpc,
      finality: config.chain.finality,
      reader,
      contracts,
      materials,
      identity,
      maxHeadAge: config.chain.maxHeadAgeSeconds,
      minHeadNumber: () => view?.mirrored ?? 0,
      random,
      clock,
      extensions,
      log,
      metrics,
    });

    const balance = createBalance(rpc, operator, clock, (wei) => metrics.balance.set(Number(wei)));
    const budget = createRequestBudget({ vault, contracts, slot: standing.slot, balance: balance.read, ...config.limits });
    const { stagingBlocks } = config.chain;
    const board = createContractBoard({ keyGeneration: contracts.addresses.keyGeneration, transactions });
    const work = createWorkRunner({
      work: vault.work,
      handlers: {
        epochKey: createPostEpochKey({ vault, reader, contracts, operator, transactions, random, log }),
        session: createGenerateKey({ vault, reader, rpc, contracts, operator, board, random, stagingBlocks, extensions, log, metrics }),
        request: createAnswerRequest({ vault, reader, contracts, service, transactions, budget, slot: standing.slot, stagingBlocks, log }),
      },
      clock,
      log,
      metrics,
    });
    closers.add("work", () => work.idle());

    const performDuties = createDutyRunner({
      contracts,
      duties: options.duties ?? DUTIES,
      extensions: extensions.map(({ name, duties = {} }) => ({ name, duties })),
      log,
    });
    const cursor = vault.follower<FollowerState>();
    const follower = createFollower({
      rpc,
      addresses: Object.values(contracts.addresses),
      fromBlock: contracts.block,
      store: { load: cursor.load, commit: (batch) => cursor.commit(batch, performDuties), rollback: cursor.rollback },
      finality: config.chain.finality,
      maxRange: config.chain.maxLogRange,
      pollMs: config.chain.pollIntervalMilliseconds,
      clock,
    });

    const prune = every(PRUNE_EVERY_MILLISECONDS, clock, () => vault.answers.prune(clock.now()));
    const onRound = async (seen: ChainView): Promise<void> => {
      view = seen;
      await standing.refresh(seen.head);
      readiness.set("starting", false);
      await work.round(seen);
      await balance.refresh();
      await prune();
    };

    const describeStatus = async (): Promise<KeeperStatus> => {
      const keys = await vault.keyShares.list();
      return {
        url,
        ready: readiness.isReady(),
        reasons: readiness.reasons(),
        operator,
        identityKey: bytesToHex(encodePoint(identity.publicKey)),
        slot: standing.slot(),
        epoch: standing.epoch(),
        keys: keys.map(({ keyId, epoch, state }) => ({ keyId, epoch, state })),
        chainId: contracts.chainId.toString(),
        head: view?.head.number ?? 0,
        final: view?.final.number ?? 0,
        mirrored: view?.mirrored ?? 0,
        balanceWei: balance.last()?.toString() ?? "",
        pid: process.pid,
      };
    };
    const describeKeeper = () => {
      if (standing.slot() === 0 || view === undefined)
        throw new KeyquorumError("UNAVAILABLE", "This keeper is not registered yet, or has not seen the chain.");
      const { head, final } = view;
      return {
        software: `keyquorum-keeper ${KEEPER_VERSION}`,
        name: standing.name(),
        chainId: contracts.chainId,
        keeperRegistry: contracts.addresses.keeperRegistry,
        shareRequests: contracts.addresses.shareRequests,
        slot: standing.slot(),
        operator,
        identityKey: identity.publicKey,
        ready: readiness.isReady(),
        finalBlock: blockOf(final),
        headBlock: blockOf(head),
      };
    };
    const assertServing = (): void => {
      if (view === undefined) throw new KeyquorumError("UNAVAILABLE", "This keeper has not seen the chain yet.");
    };
    const refreshMetrics = async (): Promise<void> => {
      const keys = await vault.keyShares.list();
      for (const state of ["pending", "active"] as const) metrics.keys.set({ state }, keys.filter((key) => key.state === state).length);
    };

    const domain = { chainId: contracts.chainId, shareRequests: contracts.addresses.shareRequests };
    const metricsRoutes = [metricsRoute(metrics, refreshMetrics)];
    const http = await createHttpServer({
      http: config.http,
      routes: [
        healthRoutes(readiness),
        statusRoute(describeStatus),
        keeperRoute(describeKeeper),
        shareRequestRoute({ service, domain, clock, assertServing, maxDeadlineSeconds: config.limits.maxDeadlineSeconds }),
        ...(config.metrics.port === undefined ? metricsRoutes : []),
        ...(options.routes ?? []),
        ...extensions.flatMap(({ routes = [] }) => routes),
      ],
      log,
      metrics,
    });
    const metricsHttp =
      config.metrics.port === undefined
        ? undefined
        : await createHttpServer({
            http: { ...config.http, tls: undefined, host: config.metrics.host, port: config.metrics.port },
            routes: [healthRoutes(readiness), ...metricsRoutes],
            log,
            metrics,
          });

    /** Throws KeeperError WRONG_CHAIN or KEEPER_FOREIGN_DATA: then this keeper must not run. Other failures may pass. */
    const assertOwnChain = async (): Promise<void> => {
      try {
        await verifyIdentity(rpc, identityOf(contracts.deployment), { signal: stopping.signal });
        const head = await readHeads(rpc, config.chain.finality, { signal: stopping.signal });
        await standing.refresh(head.head);
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

    let url = "";
    let end: (reason: KeeperError | undefined) => void = () => undefined;
    const ended = new Promise<KeeperError | undefined>((resolve) => {
      end = resolve;
    });

    /** From the first look at the chain to the end of the loop. Ends with the reason why this keeper must not go on, or when it is stopped. */
    const runLoop = async (first: Promise<void>): Promise<void> => {
      let look = first;
      while (!stopping.signal.aborted) {
        try {
          await look;
          break;
        } catch (error) {
          if (stopping.signal.aborted) return;
          if (error instanceof KeeperError) return end(error);
          readiness.set("chain_unreachable", true);
          log.warn("The chain cannot be asked; trying again", describeError(error));
          await clock.sleep(RETRY_MILLISECONDS, stopping.signal);
          look = assertOwnChain();
        }
      }
      await sender.start().catch((error: unknown) => log.warn("Transactions of an earlier life wait for the chain", describeError(error)));
      await followChain(
        {
          follower,
          pollIntervalMilliseconds: config.chain.pollIntervalMilliseconds,
          maxHeadAgeSeconds: config.chain.maxHeadAgeSeconds,
          clock,
          log,
          metrics,
          readiness,
          onRound: async (seen) => {
            try {
              await onRound(seen);
            } catch (error) {
              if (!(error instanceof KeeperError) || error.code !== "KEEPER_FOREIGN_DATA") throw error;
              end(error);
              stopping.abort();
            }
          },
        },
        stopping.signal,
      );
    };

    const start = async (): Promise<void> => {
      log.info("Keeper is starting", {
        version: KEEPER_VERSION,
        operator,
        chainId: contracts.chainId,
        registry: contracts.addresses.keeperRegistry,
        dataDirectory: config.dataDirectory,
      });
      for (const { name } of extensions) log.warn("An extension is loaded: it sees what this keeper sees", { extension: name });
      try {
        const first = assertOwnChain();
        await Promise.race([ignoringUnavailable(first), clock.sleep(FIRST_LOOK_MILLISECONDS, stopping.signal)]);
        if (metricsHttp !== undefined) {
          closers.add("metrics server", () => metricsHttp.close());
          log.info("Metrics are served", { url: await metricsHttp.listen() });
        }
        closers.add("HTTP server", () => http.close());
        url = await http.listen();
        closers.add("URL file", () => rm(urlFileOf(config), { force: true }));
        await writeFile(urlFileOf(config), `${url}\n`);
        const loop = runLoop(first);
        closers.add("work loop", () => {
          stopping.abort();
          return loop;
        });
        log.info("Keeper is listening", { url, slot: standing.slot() });
      } catch (error) {
        stopping.abort();
        await closers.closeAll();
        end(undefined);
        throw error;
      }
    };
    const stop = async (): Promise<void> => {
      readiness.set("draining", true);
      http.drain();
      await closers.closeAll();
      end(undefined);
    };
    return { start, stop, url: () => url, ended };
  }
};

const callOf = (record: SenderRecord | undefined): Pick<Intent, "to" | "data"> | undefined =>
  record === undefined ? undefined : { to: record.to as Intent["to"], data: record.data as Intent["data"] }; // true: it was written from one

const blockOf = ({ number, hash }: BlockRef): { readonly number: bigint; readonly hash: Hash32 } => ({
  number: BigInt(number),
  hash: parseHash32(hash),
});

/** A chain that cannot be asked is no reason not to start; everything else is. */
const ignoringUnavailable = async (look: Promise<void>): Promise<void> => {
  try {
    await look;
  } catch (error) {
    if (!(error instanceof ChainUnavailableError)) throw error;
  }
};

/** The operator's balance, asked now and then. */
const createBalance = (rpc: Rpc, operator: string, clock: Clock, note: (wei: bigint) => void) => {
  let last: bigint | undefined;
  const ask = async (): Promise<bigint> => {
    const result = await rpc.send("eth_getBalance", [operator, "latest"]);
    last = BigInt(String(result));
    note(last);
    return last;
  };
  return { read: async (): Promise<bigint> => last ?? ask(), refresh: every(BALANCE_EVERY_MILLISECONDS, clock, ask), last: () => last };
};

/** Lets work be done at most once in so many milliseconds. */
const every = (milliseconds: number, clock: Clock, work: () => Promise<unknown>): (() => Promise<void>) => {
  let next = 0;
  return async () => {
    if (clock.now() < next) return;
    next = clock.now() + milliseconds;
    await work();
  };
};
