import { ADMISSION_LIMITS, createAdmission } from "@keyquorum/http";
import { httpTransport } from "../peers/httpTransport.ts";
import { peerRoutes } from "../peers/peerRoutes.ts";
import type { KeeperStatus } from "../report/status.ts";
import type { Core } from "../run/core.ts";
import { every } from "../run/every.ts";
import type { Story } from "../run/story.ts";
import { httpSigningRoute } from "./httpSigningRoute.ts";
import { openSigning } from "./openSigning.ts";
import { createMayStillPost, createPostSignature } from "./postSignature.ts";
import { pruneSigning } from "./pruneSigning.ts";
import { type SigningContract, signingContractOf } from "./signingContract.ts";
import { SIGNING_DUTIES } from "./signingDuties.ts";
import { createSignRequest } from "./signRequest.ts";

const HOUR_MILLISECONDS = 3_600_000;
const SWEEP_EVERY_MILLISECONDS = 1_000;
/** For one message of a signature: a silent keeper holds up its own session only. */
const PEER_MILLISECONDS = 3_000;
/** A coordinator sends every signer two messages for each attempt. */
const PEER_MESSAGES_PER_MINUTE = 6_000;

/** Keys sign: requests on chain and by HTTP, for whoever coordinates. PROTOCOL section 9. Nothing where the deployment has no SigningRequests. */
export const signingStory = (core: Core, readAgainFrom: (final: number) => number): Story => {
  const contract = signingContractOf(core);
  return contract === undefined ? { name: "signing" } : withContract(core, contract, readAgainFrom);
};

const withContract = (core: Core, contract: SigningContract, readAgainFrom: (final: number) => number): Story => {
  const { config, seen, clock, metrics, shares } = core;
  const peers = httpTransport({ fetch: core.fetchPeer, signal: core.stopping, timeoutMilliseconds: PEER_MILLISECONDS });
  const signing = openSigning(core, contract, peers);
  const { signer } = signing;
  const post = createPostSignature({ ...core, contract, reserve: config.limits.balanceReserveWei });
  const admission = createAdmission({
    clock,
    limits: { ...ADMISSION_LIMITS, maxWaitMilliseconds: config.http.requestTimeoutMilliseconds / 10 },
  });

  const sweep = every(SWEEP_EVERY_MILLISECONDS, clock, async () => {
    signer.sweep();
    metrics.signingNonces.set(signer.live());
  });
  const drop = every(HOUR_MILLISECONDS, clock, (final: Parameters<typeof pruneSigning>[1]) =>
    pruneSigning({ ...core, contract, readAgainFrom }, final, clock.now()),
  );
  const forgetLives = every(HOUR_MILLISECONDS, clock, async () => {
    const epochs = [...new Set(shares.keyBook.keys().map(({ epoch }) => epoch))];
    if (epochs.length > 0) await signing.lives.keepOnly(epochs);
  });
  return {
    name: "signing",
    on: SIGNING_DUTIES,
    work: {
      signing: {
        handler: createSignRequest({ ...core, ...signing, contract, post, stagingBlocks: config.chain.stagingBlocks }),
        lane: "signing",
      },
    },
    routes: [
      peerRoutes({ ...core, answerers: signing.answerers, perMinute: PEER_MESSAGES_PER_MINUTE }),
      httpSigningRoute({ ...core, ...config.limits, ...signing, admission }),
    ],
    mayResend: { signature: createMayStillPost({ contract, seen }) },
    eachRound: sweep,
    upkeep: async ({ final }) => {
      await forgetLives();
      await drop(final);
    },
    status: () => ({ signing: { boot: core.boot, liveNonces: signer.live() } }) satisfies Partial<KeeperStatus>,
    close: signer.stop,
  };
};
