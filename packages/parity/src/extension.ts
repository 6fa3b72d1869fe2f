import { readFile } from "node:fs/promises";
import type { TlsPem } from "@keyquorum/http";
import { type CreateExtension, describeError, type ExtensionServices, type ExtensionStory, type KeeperExtension } from "@keyquorum/keeper";
import type { ServerKeyMember } from "@keyquorum/protocol";
import { hexToBytes } from "@keyquorum/wire";
import { assertThresholdRules, mayGenerateBy, memberLimitsOf } from "./authorRules.ts";
import { createGenerationWatch } from "./board/generationWatch.ts";
import { createRoomReport } from "./board/roomReport.ts";
import { createServerKeyBoard } from "./board/serverKeyBoard.ts";
import { readServerSets } from "./board/serverSets.ts";
import { createMoves } from "./epochs/createMoves.ts";
import { createMovesReport } from "./epochs/movesReport.ts";
import { EXTENSION_NAME } from "./extensionName.ts";
import { type ExtensionOptions, parseExtensionOptions } from "./extensionOptions.ts";
import { createImporting } from "./importing/importing.ts";
import { createImportSource } from "./importing/importSource.ts";
import { createOldShareRows } from "./importing/oldShareRows.ts";
import { createKeyServerHttp } from "./keyServer/keyServerHttp.ts";
import type { KeyServerOptions } from "./keyServer/keyServerOptions.ts";
import { metricsReport } from "./keyServer/report.ts";
import { neededEpochs } from "./records/neededEpochs.ts";
import { quotaStoreOf } from "./records/quotaStore.ts";
import { createServerKeyRecords } from "./records/serverKeyRecords.ts";
import { createDocumentKeys } from "./retrieval/documentKeys.ts";
import type { Holder } from "./retrieval/holder.ts";
import { createServiceDuties } from "./services/serviceDuties.ts";
import { createSetMigration } from "./services/setMigration.ts";
import { createKeptProof } from "./wallets/keptProof.ts";
import { createWalletKeyServer } from "./wallets/walletKeyServer.ts";

/** `[extensions] modules = [{ module = "@keyquorum/parity/extension", options = { permissions, keyServer } }]`. Throws OptionsError. */
export const createExtension: CreateExtension = (options) => parityExtension(options);

/** What tests change. Default: nothing. */
type Changes = {
  /** What this keeper answers to others: for keepers that lie. */
  readonly holder?: (holder: Holder) => Holder;
  /** The same of server keys. */
  readonly member?: (member: ServerKeyMember) => ServerKeyMember;
  /** Milliseconds for a generation: for machines that are busy. */
  readonly patience?: number;
};

export const parityExtension = (options: Readonly<Record<string, unknown>>, changes: Changes = {}): KeeperExtension => {
  const parsed = parseExtensionOptions(options);
  return { name: EXTENSION_NAME, start: (services) => startKeyServer(parsed, services, changes) };
};

/** What a vault holds of an extension's rows, and more. */
const MOST_COUNTED = 20_000;
/** Between two counts of the rows. */
const COUNT_MILLISECONDS = 60_000;

/**
 * A key server in a keeper: what other members ask of it is answered on the keeper's own server, what clients ask on one of its own. It listens from here
 * on, so that a port that is taken stops the start; until the chain was seen, every request is an internal error.
 */
const startKeyServer = async (
  { permissions: acl, keyServer: options, import: importOptions, services: contracts, keyServerSet: set }: ExtensionOptions,
  services: ExtensionServices,
  changes: Changes,
): Promise<ExtensionStory> => {
  const { log, clock, metrics, chain } = services;
  if (acl === "none") log.warn("No permission contract is named: everybody may read every document");
  const report = metricsReport(metrics);
  const records = createServerKeyRecords(services);
  const { holder: change, member, patience } = changes;
  const documentKeys = createDocumentKeys({ services, records, acl, report, ...(change === undefined ? {} : { change }) });
  const source = createImportSource(services, {
    ...{ rows: createOldShareRows(services), options: importOptions },
    hasKey: async (serverKeyId) => (await records.epochsOf(hexToBytes(serverKeyId, 32))).length > 0,
    mayHold: (threshold) => assertThresholdRules(threshold, options),
  });
  const { board, moves } = await createMoves(services, records, (moved) =>
    createServerKeyBoard({
      ...{ services, imports: source, moves: moved, mayGenerate: mayGenerateBy(options), limits: memberLimitsOf(options) },
      ...{ named: report.named, ...(patience === undefined ? {} : { patience }), ...(member === undefined ? {} : { change: member }) },
    }),
  );
  const importing = createImporting(services, {
    ...{ source, options: importOptions, present: board.present, rowOf: board.member.rowOf, importKey: board.importKey },
  });
  if (importOptions !== undefined)
    log.warn("Old nodes' records may be imported", { from: importOptions.from, until: new Date(importOptions.until).toISOString() });
  const duties = await createServiceDuties({
    ...{ services, contracts, records, board, documentKeys, acl, mayGenerate: mayGenerateBy(options) },
  });
  const migration = createSetMigration(services, { set, board, records });
  const reportRoom = createRoomReport(services);
  const reportMoves = createMovesReport(metrics);
  const generation = createGenerationWatch(services, board);
  const held = metrics.gauge({ name: "server_keys", help: "Server keys of which this keeper holds a share." });
  const count = async (): Promise<number> => (await records.list({ limit: MOST_COUNTED })).length;

  const http = createKeyServerHttp({
    ...{ options, tls: await tlsOf(options), log, report, clock, quotaStore: quotaStoreOf(services) },
    isOpenToReaders: acl === "none",
    keyServer: {
      generate: board.generate,
      heldFor: board.heldFor,
      publicKey: documentKeys.publicKey,
      storeDocumentKey: documentKeys.storeDocumentKey,
      shadows: documentKeys.shadows,
      serverSets: () => readServerSets(services, board.present),
      wallets: createWalletKeyServer({ services, records, read: documentKeys.read, proofOf: createKeptProof(records, board.member.rowOf) }),
      moveKeys: async () => moves.hurry(),
    },
    domain: { chainId: chain.contracts.chainId, registry: chain.contracts.addresses.keeperRegistry },
  });
  const url = await http.listen();
  log.info("The key server is listening", { url });

  let countedAt = Number.NEGATIVE_INFINITY;
  return {
    routes: [
      services.peers.answer([
        ...board.answerers,
        ...documentKeys.answerers,
        ...importing.answerers,
        ...moves.answerers,
        ...duties.answerers,
      ]),
    ],
    work: documentKeys.work,
    mayResend: { ...duties.mayResend, ...migration.mayResend },
    eachRound: async () => {
      await board.eachRound();
      importing.eachRound();
      await moves.eachRound();
      reportMoves(moves.seen());
      void duties.eachRound().catch((error: unknown) => log.warn("A round over contracts' requests failed", describeError(error))); // it may wait for others
      await migration.eachRound();
      const since = clock.now() - countedAt;
      if (since >= 0 && since < COUNT_MILLISECONDS) return;
      countedAt = clock.now();
      held.set(await count());
      await reportRoom();
      await generation.refresh();
    },
    neededEpochs: () => neededEpochs(services),
    status: async () => {
      const waiting = await importing.waiting();
      return {
        url,
        serverKeys: await count(),
        generation: generation.seen(),
        ...(moves.hasLooked() ? { moves: moves.seen() } : {}),
        ...(waiting === 0 ? {} : { importsWaiting: waiting }),
        ...(contracts.length === 0 ? {} : { services: await duties.status() }),
      };
    },
    close: async () => {
      http.drain();
      await http.close();
    },
  };
};

const tlsOf = async ({ tls }: KeyServerOptions): Promise<TlsPem | undefined> =>
  tls === undefined ? undefined : { cert: await readFile(tls.certificateFile), key: await readFile(tls.keyFile) };
