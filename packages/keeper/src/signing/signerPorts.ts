import type { Authorise, SignerPorts, SigningRequest } from "@keyquorum/protocol";
import { CURVE_ORDER, SecretScalar } from "@keyquorum/threshold";
import { type AuditEntry, VaultError } from "@keyquorum/vault";
import { type Hash32, KeyquorumError, parseHash32, type SignedHttpSigningRequest, ZERO_HASH } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import { setNewest } from "../run/newestOnly.ts";
import type { Authorised, AuthoriseSigning } from "./authoriseSigning.ts";
import type { FoundRequest } from "./foundRequest.ts";
import type { PeerLives } from "./peerLives.ts";
import type { SigningParties } from "./signingParties.ts";

type Options = Pick<Core, "boot" | "clock" | "nonces" | "metrics" | "extensions"> & {
  readonly vault: Pick<Core["vault"], "transaction">;
  readonly shares: Pick<Core["shares"], "materials">;
  readonly parties: SigningParties;
  readonly lives: Pick<PeerLives, "admit">;
  readonly authorise: AuthoriseSigning;
  /** The request, on the chain or as it came by HTTP. Throws SIGNING_NOT_FINAL where it is not on the chain yet, as this keeper sees it. */
  readonly find: (asked: { readonly requestId: Hash32; readonly asked?: SignedHttpSigningRequest }) => Promise<FoundRequest>;
  /** Milliseconds by a clock that nobody sets. Default: the process's own. */
  readonly steady?: () => number;
};

/** Requests whose last yes is remembered, for the record of the share that leaves by it. */
const MOST_DECIDED = 1_024;
/** A share leaves on a look that began at most so long ago (D76). */
const OLDEST_LOOK_MILLISECONDS = 1_000;
const MOST_LOOKS = 5;

/** What the pure signers need of this keeper: the chain's view, the share, the clock, the disk. The authoriser beside them says whether to sign at all. */
export const createSignerPorts = (options: Options): { readonly ports: SignerPorts; readonly authorise: Authorise } => {
  const { boot, clock, nonces, extensions, vault, shares, parties, lives, metrics, steady = () => performance.now() } = options;
  /** By the very object that the signer was given: what it asks about later is what was found. */
  const foundOf = new WeakMap<SigningRequest, FoundRequest>();
  const decided = new Map<Hash32, { readonly request: SigningRequest; readonly found: FoundRequest; readonly last: Authorised }>();

  const authorise: Authorise = async (request) => {
    const found = foundOf.get(request);
    if (found === undefined) throw new RangeError("a request that this keeper did not find");
    const last = await options.authorise(found, request.epoch);
    setNewest(decided, request.requestId, { request, found, last }, MOST_DECIDED);
  };

  const decidedOf = (requestId: Hash32) => {
    const known = decided.get(requestId);
    if (known === undefined) throw new KeyquorumError("UNAVAILABLE", "This request was decided about too long ago.");
    return known;
  };

  /** Decides anew where deciding, computing and writing down took long, as often as that takes too long itself. */
  const untilFresh = async (requestId: Hash32): Promise<void> => {
    for (let looks = 0; decidedOf(requestId).last.age() > OLDEST_LOOK_MILLISECONDS; looks += 1) {
      if (looks === MOST_LOOKS)
        throw new KeyquorumError(
          "UNAVAILABLE",
          "The chain could not be asked within a second: this keeper's node, or this machine, is too slow.",
          {
            details: { reason: "TIMEOUT" },
          },
        );
      await authorise(decidedOf(requestId).request);
    }
  };

  const ports: SignerPorts = {
    boot,
    clock: { monotonic: steady, wall: clock.now },
    contextOf: parties.contextOf,
    admitBoot: lives.admit,
    requestOf: async ({ requestId, epoch, asked }) => {
      const found = await options.find({ requestId, ...(asked === undefined ? {} : { asked: asked as SignedHttpSigningRequest }) }); // true: wire parsed it
      const request = await parties.requestIn(found, epoch);
      foundOf.set(request, found);
      return request;
    },
    store: async (marker) => {
      await untilFresh(marker.requestId);
      const { found, last } = decidedOf(marker.requestId);
      try {
        await vault.transaction(
          async (tx) => {
            const stored = await tx.signingShares.save(marker);
            if (Buffer.compare(stored.share, marker.share) !== 0) throw new KeyquorumError("SIGNING_CONFLICT");
            await tx.audit.append(releaseOf(found, last));
          },
          { brief: true },
        );
      } catch (error) {
        throw conflictOf(error);
      }
      metrics.auditRecords.inc();
      await untilFresh(marker.requestId); // the disk may have been slow
    },
    shareOf: async ({ keyId, epoch, requestId }) => {
      const { last } = decidedOf(requestId);
      const material = await shares.materials.load(keyId, epoch, last.heads.final);
      if (material === undefined) throw new KeyquorumError("SHARE_MISSING", undefined, { details: { keyId, epoch } });
      const shifts = extensions.flatMap(({ shiftSigningShare }) => shiftSigningShare?.({ requestId, slot: material.slot }) ?? []);
      if (shifts.length > 0) return SecretScalar.from(shifts.reduce((sum, shift) => (sum + shift) % CURVE_ORDER, material.share.reveal()));
      const bytes = material.share.toBytes();
      try {
        return SecretScalar.fromBytes(bytes);
      } finally {
        bytes.fill(0);
      }
    },
    randomOf: (use) => nonces({ ...use, purpose: "signing-nonce" }),
  };
  return { ports, authorise };
};

/** What the log says of a share of a signature: durable before it leaves. */
export const releaseOf = ({ requestId, requester, statement, digest }: FoundRequest, { heads }: Authorised): AuditEntry => ({
  ...{ kind: "signature", requester, decision: "PERMITTED", keyId: statement.keyId, digest },
  requestId: requestId as string as AuditEntry["requestId"], // 32 bytes that name one question
  document: ZERO_HASH as string as AuditEntry["document"],
  ...{ finalBlock: parseHash32(heads.final.hash), headBlock: parseHash32(heads.head.hash) },
});

const conflictOf = (error: unknown): unknown =>
  error instanceof VaultError &&
  (error.code === "VAULT_CONFLICT" || (error.code === "VAULT_TAMPERED" && error.details.table === "signing_share"))
    ? new KeyquorumError("SIGNING_CONFLICT", undefined, { cause: error })
    : error;
