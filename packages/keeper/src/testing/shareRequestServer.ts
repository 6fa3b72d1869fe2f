import type { ListedFactory } from "@keyquorum/chain";
import { createAdmission, type HttpServer } from "@keyquorum/http";
import type { Vault } from "@keyquorum/vault";
import { type AnswerService, createAnswerService } from "../answering/answerService.ts";
import { createAuthorizeReader } from "../answering/authorizeReader.ts";
import { createRefusals, type Refusals } from "../answering/refusals.ts";
import { createRequestLimits } from "../answering/requestLimits.ts";
import { shareRequestRoute } from "../answering/shareRequestRoute.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import { createHeadLook } from "../contracts/headLook.ts";
import type { KeeperExtension } from "../extensions/extension.ts";
import { identityKeyOf, loadIdentities } from "../membership/identity.ts";
import { createLogger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import { type Clock, systemClock } from "../run/clock.ts";
import { createKeeperServer } from "../run/keeperServer.ts";
import { createCommittees } from "../shares/committees.ts";
import { createHandOver } from "../shares/handOver.ts";
import type { KeyMaterial } from "../shares/keyMaterial.ts";
import { FAKE_ADDRESSES, type FakeChain, fakeContracts } from "./fakeChain.ts";
import { CHAIN_ID, KEY_ID, KEY_SHARE, VERIFYING_SHARE } from "./reader.ts";
import { IDENTITY_SECRET, OPERATOR } from "./tempVault.ts";
import { testNonces } from "./testNonces.ts";

export const SLOT = 4;
export const EPOCH = 1;

const MATERIAL: KeyMaterial = {
  keyId: KEY_ID,
  epoch: EPOCH,
  slot: SLOT,
  share: KEY_SHARE,
  verifyingShare: VERIFYING_SHARE,
  path: [],
  identityKey: identityKeyOf(IDENTITY_SECRET),
  slots: [1, 2, SLOT],
};

/** POST /v1/share-requests of a keeper that holds a share of `KEY_ID`, on a made-up chain; not listening yet. Tests only. */
export const createShareRequestServer = async (options: {
  readonly vault: Pick<Vault, "answers" | "keyShares" | "transaction">;
  readonly limits?: { readonly perAddress?: number; readonly perRequester?: number; readonly perDocument?: number };
  /** Where the keeper's own secrets are. */
  readonly ownVault: Pick<Vault, "directory" | "secrets" | "identities" | "refusals">;
  readonly chain: FakeChain;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly onLine: (line: string) => void;
  readonly extensions?: readonly KeeperExtension[];
  readonly factories?: readonly ListedFactory[];
  /** False: the keeper holds no share. */
  readonly holdsShare?: boolean;
  /** How many blocks its mirror is behind the final one. */
  readonly mirrorLag?: number;
  /** The highest block that it has acted on. Default: 15. */
  readonly minHeadNumber?: () => number;
  /** Default: 0, so that every request is decided at blocks that were looked at after it came. */
  readonly headLookMilliseconds?: number;
  /** Milliseconds by a clock that nobody sets. Default: the process's own. */
  readonly steady?: () => number;
  /** The epochs of which it holds a share. */
  readonly epochs?: readonly number[];
}): Promise<HttpServer & { readonly refusals: Refusals; readonly service: AnswerService }> => {
  const { vault, chain, clock, metrics, extensions = [], holdsShare = true, epochs = [EPOCH], limits = {}, mirrorLag = 0 } = options;
  const { rpc } = chain;
  const contracts = fakeContracts();
  const log = createLogger("trace", { write: options.onLine });
  const reader = createChainReader({ rpc, contracts, clock });
  const looks = createHeadLook({
    rpc,
    clock,
    finality: { kind: "finalized" },
    steady: options.steady,
    sharedMilliseconds: options.headLookMilliseconds ?? 0,
  });
  const refusals = createRefusals({ vault: options.ownVault, clock, log });
  const domain = { chainId: CHAIN_ID, shareRequests: FAKE_ADDRESSES.shareRequests };
  const service = createAnswerService({
    ...{ vault, rpc, reader, contracts, clock, extensions, log, metrics, refusals },
    recentLook: looks.recent,
    limits: createRequestLimits({
      requestsPerRequesterPerMinute: limits.perRequester ?? 1_000,
      requestsPerDocumentPerMinute: limits.perDocument ?? 1_000,
      clock,
    }),
    materials: {
      load: async (_keyId, epoch) => (holdsShare && epochs.includes(epoch) ? { ...MATERIAL, epoch } : undefined),
      check: async () => undefined,
      forget: () => undefined,
      erase: () => undefined,
    },
    handOver: createHandOver({ reader }),
    committees: createCommittees({ reader }),
    operators: [OPERATOR],
    identities: await loadIdentities(options.ownVault),
    maxHeadAge: 60,
    minHeadNumber: options.minHeadNumber ?? (() => 15),
    mirroredFinal: () => chain.head - chain.finalLag - mirrorLag,
    nonces: testNonces(),
  });
  const authorizeReader = createAuthorizeReader({ rpc, reader, domain, factories: options.factories ?? [] });
  const http = await createKeeperServer({
    http: {
      ...{ host: "127.0.0.1", port: 0, bodyLimitBytes: 40_960, requestTimeoutMilliseconds: 5_000, maxConnections: 100 },
      requestsPerMinute: limits.perAddress ?? 600,
    },
    routes: [
      shareRequestRoute({
        service,
        authorizeReader,
        refusals,
        admission: createAdmission({ clock: systemClock }),
        domain,
        clock,
        newestBlockTime: () => chain.genesisTime + chain.head,
        assertServing: () => undefined,
        maxDeadlineSeconds: 600,
      }),
    ],
    log,
    metrics,
  });
  return { ...http, refusals, service };
};

/** A response as status and code. */
export const outcomeOf = async (response: Response): Promise<readonly [number, string]> => [
  response.status,
  response.status === 200 ? "ANSWERED" : ((await response.json()) as { code: string }).code,
];
