import { type BlockRef, type Heads, type Rpc, recoverSigner, type SignatureClaim, verifySignature } from "@keyquorum/chain";
import { checkSessionGeneration, checkSessionUse } from "@keyquorum/protocol";
import {
  authorshipDigest,
  KeyquorumError,
  parseDelegation,
  type RequestId,
  readingSessionDigest,
  type SignedReadingSession,
  type SignedShareRequest,
  type SigningDomain,
} from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { Authorization } from "./answerService.ts";

type Options = { readonly rpc: Rpc; readonly reader: ChainReader; readonly domain: SigningDomain };

/** A request that came by HTTP, with its digest. */
export type AskedByHttp = {
  readonly asked: SignedShareRequest;
  readonly requestId: RequestId;
  /** The delegation, taken apart; undefined: the requester asks for itself. */
  readonly delegated: SignedReadingSession | undefined;
  /** Seconds since 1970. */
  readonly now: bigint;
};

/**
 * Whether a request that came by HTTP is the requester's: signed by it (PROTOCOL section 5.1), or by a session key under a reading session of it
 * (section 5.6). A statement of authorship that comes with it must be the owner's. Whether the requester may read is asked apart.
 *
 * Throws INVALID_SIGNATURE, SIGNATURE_NOT_FINAL, SESSION_INVALID, SESSION_EXPIRED, SESSION_ENDED, SESSION_OUT_OF_SCOPE with `details.field`, and
 * UNAVAILABLE or ChainUnavailableError when it cannot be found out.
 */
export const createAuthorizeReader = (options: Options) => {
  const { domain } = options;

  /** Refuses with `code` unless the account signed. */
  const requireSigned = async (claim: SignatureClaim, heads: Heads, field: string, code: "INVALID_SIGNATURE" | "SESSION_INVALID") => {
    const verdict = await verifySignature({ rpc: options.rpc, from: domain.shareRequests }, claim, heads);
    if (verdict === "VALID") return;
    throw new KeyquorumError(verdict === "INVALID" ? code : verdict, undefined, { details: { field } });
  };

  const requireSession = async ({ asked, requestId, now }: AskedByHttp, signed: SignedReadingSession, heads: Heads): Promise<void> => {
    const { session, signature } = signed;
    const { requester } = asked.request;
    checkSessionUse({ session, requester, header: asked.header, now });
    if (recoverSigner(requestId, asked.signature) !== session.sessionKey)
      throw new KeyquorumError("INVALID_SIGNATURE", "The signature over the request is not the session key's.", {
        details: { field: "signature" },
      });
    const digest = readingSessionDigest(domain, session);
    await requireSigned({ account: requester, digest, signature }, heads, "delegation.signature", "SESSION_INVALID");
    checkSessionGeneration(session, await generationAt(heads.head, requester));
  };

  const generationAt = ({ hash }: BlockRef, requester: string): Promise<bigint> => options.reader.at(hash).sessionGenerationOf(requester);

  return async (input: AskedByHttp, heads: Heads): Promise<Authorization> => {
    const { asked, requestId, delegated } = input;
    const { request, header, ownerStatement } = asked;
    if (delegated === undefined) {
      const claim = { account: request.requester, digest: requestId, signature: asked.signature };
      await requireSigned(claim, heads, "signature", "INVALID_SIGNATURE");
    } else await requireSession(input, delegated, heads);

    if (ownerStatement !== undefined) {
      const digest = authorshipDigest(domain, { headerHash: request.headerHash, cid: ownerStatement.cid });
      const claim = { account: header.owner, digest, signature: ownerStatement.signature };
      await requireSigned(claim, heads, "ownerStatement", "INVALID_SIGNATURE");
    }
    return {
      ...(delegated === undefined ? {} : { sessionKey: delegated.session.sessionKey }),
      ...(ownerStatement === undefined ? {} : { author: "verified" }),
    };
  };
};

export type AuthorizeReader = ReturnType<typeof createAuthorizeReader>;

/** The delegation of a request. Throws INVALID_REQUEST. */
export const delegationOf = ({ delegation }: SignedShareRequest): SignedReadingSession | undefined =>
  delegation === undefined ? undefined : parseDelegation(delegation);
