import { type FrostAnswers, type SigningContext, type SigningFault, type SigningRequest, signWithFrost } from "@keyquorum/protocol";
import { encodeSchnorrSignature, encodeWords } from "@keyquorum/threshold";
import {
  bytesToHex,
  encodeNonce,
  encodeShare,
  FROST_MESSAGES,
  type GivenSignature,
  KeyquorumError,
  type SignedHttpSigningRequest,
} from "@keyquorum/wire";
import type { PeerTransport } from "../peers/peerTransport.ts";
import type { Core } from "../run/core.ts";
import type { FoundRequest } from "./foundRequest.ts";
import type { PeerLives } from "./peerLives.ts";
import type { SigningParties } from "./signingParties.ts";

type Options = Pick<Core, "boot" | "nonces" | "clock" | "log" | "metrics" | "reader" | "stopping"> & {
  readonly vault: Pick<Core["vault"], "signingEvidence">;
  readonly parties: SigningParties;
  readonly lives: Pick<PeerLives, "admit">;
  readonly peers: PeerTransport;
  /** This keeper's own part. */
  readonly signer: FrostAnswers;
  /** Milliseconds by a clock that nobody sets. Default: the process's own. */
  readonly steady?: () => number;
};

/** A signature that was verified, and by whom of the signers it was held up. */
export type Coordinated = GivenSignature & {
  readonly faults: readonly number[];
  /** As SigningRequests takes it: of a Schnorr key with the point that signs behind it, 128 bytes. */
  readonly posted: Uint8Array;
};

/**
 * Carries what signers say to each other until there is a signature (ROAST), as any keeper may: a coordinator decides nothing but liveness. Of a keeper that
 * was wrong the evidence is stored, and it is named. Throws TOO_FEW_SIGNERS, SIGNING_EXHAUSTED with what each keeper said; NOT_MEMBER, UNKNOWN_KEY.
 */
export const createCoordinate = (options: Options) => {
  const { parties, vault, log, metrics, reader, steady = () => performance.now() } = options;

  const endpointOf = async (slot: number): Promise<string> => {
    const { head } = await parties.look();
    return (await reader.at(head.hash).keeperAt(slot))?.endpoint ?? "";
  };
  const signerAt = (slot: number, own: number): FrostAnswers =>
    slot === own
      ? options.signer
      : {
          nonce: async ({ asked, ...ask }) =>
            options.peers.ask(FROST_MESSAGES.nonce, await endpointOf(slot), {
              ...ask,
              ...askedOf(asked as SignedHttpSigningRequest | undefined), // true: it is what `coordinate` was given
            }),
          share: async (ask) => options.peers.ask(FROST_MESSAGES.share, await endpointOf(slot), ask),
        };

  const noteFault = async ({ slot, evidence }: SigningFault, found: FoundRequest, { keyId, epoch }: SigningRequest): Promise<void> => {
    const { requestId } = found;
    metrics.signingFaults.inc({ reason: "WRONG_SHARE" });
    log.error("A keeper sent a wrong share of a signature, and signed for it: its evidence is stored", { slot, epoch, requestId, keyId });
    const shown = { digest: found.digest, nonces: evidence.nonces.map(encodeNonce), share: encodeShare(evidence.share) };
    await vault.signingEvidence.add({ keyId, epoch, slot, requestId, reason: "WRONG_SHARE", evidence: JSON.stringify(shown) });
  };

  /** Who was wrong before in this epoch is asked for nothing, as long as enough others are left. */
  const excludedIn = async ({ members }: SigningContext, { epoch, threshold }: SigningRequest): Promise<ReadonlyMap<number, string>> => {
    const known = await vault.signingEvidence.list({ epoch });
    const excluded = new Map(known.filter(({ slot }) => members.includes(slot)).map(({ slot }) => [slot, "BAD_SHARE"]));
    return members.length - excluded.size > threshold ? excluded : new Map();
  };

  return async (found: FoundRequest, asked?: SignedHttpSigningRequest): Promise<Coordinated> => {
    const epoch = await parties.activeEpochOf(found);
    const [context, request] = await Promise.all([parties.contextOf(epoch), parties.requestIn(found, epoch)]);
    if (!context.members.includes(context.slot)) throw new KeyquorumError("NOT_MEMBER");
    const began = steady();
    const made = await signWithFrost({
      ...{ context, request, boot: options.boot, admitBoot: options.lives.admit, now: steady },
      ...askedOf(asked),
      signer: (slot) => signerAt(slot, context.slot),
      pause: (milliseconds) => options.clock.sleep(milliseconds, options.stopping),
      randomOf: (use) => options.nonces({ ...use, purpose: "signing-question" }),
      onFault: (fault) => noteFault(fault, found, request),
      excluded: await excludedIn(context, request),
    });
    metrics.signingSeconds.observe({ scheme: "schnorr" }, (steady() - began) / 1000);
    metrics.signaturesMade.inc({ scheme: "schnorr", channel: found.channel });
    const signature = encodeSchnorrSignature(made.signature);
    const { requestId, digest } = found;
    log.info("A signature was made", { requestId, keyId: request.keyId, epoch, attempts: made.attempts, signature: bytesToHex(signature) });
    const posted = new Uint8Array([...signature, ...encodeWords(request.publicKey)]);
    return { requestId, digest, signature, posted, faults: made.faults.map(({ slot }) => slot) };
  };
};

export type Coordinate = ReturnType<typeof createCoordinate>;

const askedOf = (asked: SignedHttpSigningRequest | undefined): { readonly asked?: SignedHttpSigningRequest } =>
  asked === undefined ? {} : { asked };
