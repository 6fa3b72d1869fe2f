import { createFrostSigner, type FrostSigner } from "@keyquorum/protocol";
import { KeyquorumError, type SigningRequestsDomain } from "@keyquorum/wire";
import type { PeerAnswerer, PeerTransport } from "../peers/peerTransport.ts";
import type { Core } from "../run/core.ts";
import { type AuthoriseSigning, createAuthoriseSigning } from "./authoriseSigning.ts";
import { type Coordinate, createCoordinate } from "./coordinate.ts";
import { createMirroredSigning, type MirroredSigning, requestByHttp } from "./foundRequest.ts";
import { createPeerLives, type PeerLives } from "./peerLives.ts";
import { createSignerPorts } from "./signerPorts.ts";
import { createSigningBudget } from "./signingBudget.ts";
import type { SigningContract } from "./signingContract.ts";
import { createSigningParties, type SigningParties } from "./signingParties.ts";
import { signingAnswerers } from "./signingRoutes.ts";

/** The parts of signing in one keeper: its signer behind its authoriser, and what it coordinates with. */
export type Signing = {
  readonly domain: SigningRequestsDomain;
  readonly mirrored: MirroredSigning;
  readonly lives: PeerLives;
  readonly parties: SigningParties;
  readonly authorise: AuthoriseSigning;
  readonly signer: FrostSigner;
  readonly coordinate: Coordinate;
  /** What other keepers may ask. */
  readonly answerers: readonly PeerAnswerer[];
};

/** What a keeper needs of its core to sign. */
export type SigningCore = Pick<
  Core,
  | "assertServing"
  | "boot"
  | "clock"
  | "contracts"
  | "extensions"
  | "identities"
  | "log"
  | "metrics"
  | "nonces"
  | "operators"
  | "reader"
  | "recentLook"
  | "rpc"
  | "stopping"
> & {
  readonly config: {
    readonly chain: Pick<Core["config"]["chain"], "maxHeadAgeSeconds">;
    readonly wallets: Core["config"]["wallets"];
    readonly limits: Pick<Core["config"]["limits"], "signaturesPerKeyPerDay">;
  };
  readonly seen: Pick<Core["seen"], "mirrored" | "mirroredFinal">;
  readonly shares: Pick<Core["shares"], "committees" | "materials">;
  readonly vault: Pick<Core["vault"], "logs" | "peerBoots" | "signingEvidence" | "signingPins" | "transaction">;
};

/** @param peers how other keepers are reached */
export const openSigning = (core: SigningCore, contract: SigningContract, peers: PeerTransport): Signing => {
  const { contracts, vault, config, clock } = core;
  const domain: SigningRequestsDomain = { chainId: contracts.chainId, signingRequests: contract.address };
  const mirrored = createMirroredSigning({ vault, contracts, signingRequests: contract.address });
  const lives = createPeerLives(core);
  const budget = createSigningBudget({ ...config.limits, clock });
  const parties = createSigningParties({ ...core, domain });
  const authorise = createAuthoriseSigning({ ...core, contract, budget });
  const { ports, authorise: authoriseRequest } = createSignerPorts({
    ...core,
    ...{ parties, lives, authorise },
    find: async ({ requestId, asked }) => {
      const found = asked === undefined ? await mirrored.find({ requestId }) : requestByHttp(domain, asked, requestId);
      if (found === undefined) throw new KeyquorumError("SIGNING_NOT_FINAL");
      return found;
    },
  });
  const signer = createFrostSigner(authoriseRequest, ports);
  const coordinate = createCoordinate({ ...core, parties, lives, peers, signer });
  return { domain, mirrored, lives, parties, authorise, signer, coordinate, answerers: signingAnswerers(core, signer) };
};
