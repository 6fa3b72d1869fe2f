import { decideSigning, type Heads, requireFreshHead, verifySignature } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { KeyquorumError, MAX_DEADLINE_SECONDS, PURPOSE_OF_KIND } from "@keyquorum/wire";
import type { Age } from "../run/age.ts";
import type { Core } from "../run/core.ts";
import type { FoundRequest } from "./foundRequest.ts";
import type { SigningBudget } from "./signingBudget.ts";
import type { SigningContract } from "./signingContract.ts";

/** A yes, and the look that it was said by. */
export type Authorised = { readonly heads: Heads; readonly age: Age };

type Options = Pick<Core, "rpc" | "reader" | "contracts" | "clock" | "recentLook" | "assertServing"> & {
  readonly config: { readonly chain: { readonly maxHeadAgeSeconds: number }; readonly wallets: Core["config"]["wallets"] };
  readonly vault: Pick<Vault, "signingPins">;
  readonly seen: Pick<Core["seen"], "mirrored">;
  readonly contract: SigningContract;
  readonly budget: SigningBudget;
};

const denied = (reason: string, sentence: string): KeyquorumError =>
  new KeyquorumError("SIGNING_DENIED", sentence, { details: { reason } });

/**
 * Whether this keeper signs a statement in an epoch now, by its own view of the chain: PROTOCOL section 9, D26 to D28. To be asked before a nonce is given,
 * and anew before a share leaves. The rules contract decides, at the newest block and at the final one; beside it, all that this keeper itself insists on:
 *
 * on chain: the request is final, pending at both blocks, and its digest is what the statement has;
 * by HTTP: the requester signed it, by recovery or by ERC-1271 at both blocks (D31), and its deadline has not passed;
 * the key is of purpose Schnorr and signs such statements, is active in that epoch, and is served for this contract's requests (A5).
 *
 * Throws SIGNING_DENIED, SIGNING_NOT_FINAL, INVALID_SIGNATURE, SIGNATURE_NOT_FINAL, WALLET_NOT_DEPLOYED, DEADLINE_PASSED, DEADLINE_TOO_FAR, UNKNOWN_KEY,
 * EPOCH_NOT_SERVED, RATE_LIMITED, FINALITY_BROKEN, UNAVAILABLE or ChainUnavailableError.
 */
export const createAuthoriseSigning = (options: Options) => {
  const { rpc, reader, contracts, clock, config, contract, vault } = options;
  const maxHeadAge = config.chain.maxHeadAgeSeconds;

  const requireAsked = async (found: FoundRequest, heads: Heads): Promise<void> => {
    if (found.channel === "http") return requireRequester(found, heads);
    const [atFinal, atHead] = await Promise.all([heads.final, heads.head].map(({ hash }) => contract.at(hash).statusOf(found.requestId)));
    if (atHead === "Pending" && atFinal === "Pending") return;
    if (atFinal === "Unknown" && (atHead === "Pending" || atHead === "Unknown")) throw new KeyquorumError("SIGNING_NOT_FINAL");
    throw denied(atHead === "Signed" ? "SIGNED" : "NOT_PENDING", "The request is over: it was signed, has expired, or is gone.");
  };

  const requireRequester = async ({ requester, requestId, deadline, signature = new Uint8Array() }: FoundRequest, heads: Heads) => {
    const now = BigInt(Math.floor(clock.now() / 1000));
    if (deadline <= now) throw new KeyquorumError("DEADLINE_PASSED", undefined, { details: { field: "request.deadline" } });
    if (deadline > now + BigInt(MAX_DEADLINE_SECONDS))
      throw new KeyquorumError("DEADLINE_TOO_FAR", undefined, { details: { field: "request.deadline" } });
    const claim = { account: requester, digest: requestId, signature };
    const verdict = await verifySignature({ rpc, from: contract.address, factories: config.wallets.factories }, claim, heads);
    if (verdict !== "VALID")
      throw new KeyquorumError(verdict === "INVALID" ? "INVALID_SIGNATURE" : verdict, undefined, { details: { field: "signature" } });
  };

  const requireKey = async ({ statement }: FoundRequest, epoch: number, { final }: Heads): Promise<void> => {
    const { keyId, kind } = statement;
    const key = await reader.at(final.hash).keyOf(keyId);
    if (key === undefined || key.activeEpoch === 0)
      throw new KeyquorumError("UNKNOWN_KEY", "The keeper does not know an active key with this id.", { details: { keyId } });
    const wanted = PURPOSE_OF_KIND[kind];
    // The signer behind this is FROST's: a key of purpose Ecdsa never makes a Schnorr signature.
    if (key.purpose !== "Schnorr") throw denied("PURPOSE", `Keepers do not sign with keys of purpose ${key.purpose}.`);
    if (wanted !== undefined && wanted !== key.purpose)
      throw denied("PURPOSE", `A key of purpose ${key.purpose} does not sign statements of kind ${kind}.`);
    if (key.activeEpoch !== epoch) throw new KeyquorumError("EPOCH_NOT_SERVED", undefined, { details: { keyId, epoch } });
  };

  /** Last, so that nobody has a key pinned by asking for what is not permitted. */
  const requirePinned = async ({ statement: { keyId } }: FoundRequest): Promise<void> => {
    const own = { keyId, chainId: contracts.chainId, signingRequests: contract.address };
    const pinned = await vault.signingPins.pin(own);
    if (pinned.chainId !== own.chainId || pinned.signingRequests !== own.signingRequests)
      throw denied("PINNED", "This keeper serves the key for the requests of another SigningRequests contract, and of no second one.");
  };

  return async (found: FoundRequest, epoch: number): Promise<Authorised> => {
    options.assertServing();
    const minHeadNumber = options.seen.mirrored(); // before the heads are read: the follower may get further meanwhile
    const heads = await options.recentLook(minHeadNumber);
    requireFreshHead({ maxHeadAge, minHeadNumber, clock }, heads.head);
    if (found.blockNumber !== undefined && found.blockNumber > heads.final.number) throw new KeyquorumError("SIGNING_NOT_FINAL");
    await requireAsked(found, heads);
    await requireKey(found, epoch, heads);
    const question = { requester: found.requester, statement: found.statement };
    const settings = { rpc, signingRequests: contract.address, maxHeadAge, minHeadNumber, clock };
    const decision = await decideSigning(settings, question, heads);
    if (decision !== "PERMITTED")
      throw new KeyquorumError(decision, undefined, { details: { finalBlock: heads.final.hash, headBlock: heads.head.hash } });
    options.budget.count(found);
    await requirePinned(found);
    return { heads, age: heads.age };
  };
};

export type AuthoriseSigning = ReturnType<typeof createAuthoriseSigning>;
