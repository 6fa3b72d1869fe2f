import { type BlockRef, type Heads, type ListedFactory, type Rpc, type SignatureClaim, verifySignature } from "@keyquorum/chain";
import { checkSessionGeneration, checkSessionUse } from "@keyquorum/protocol";
import {
  type Address,
  authorshipDigest,
  KeyquorumError,
  parseDelegation,
  type RequestId,
  readingSessionDigest,
  recoverSigner,
  type SignedReadingSession,
  type SignedShareRequest,
  type SigningDomain,
} from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";

type Options = {
  readonly rpc: Rpc;
  readonly reader: ChainReader;
  readonly domain: SigningDomain;
  /** What the operator listed: makers of accounts that may sign before they are deployed. */
  readonly factories: readonly ListedFactory[];
};

/** A request that came by HTTP, with its digest. */
export type AskedByHttp = {
  readonly asked: SignedShareRequest;
  readonly requestId: RequestId;
  /** The delegation, taken apart; undefined: the requester asks for itself. */
  readonly delegated: SignedReadingSession | undefined;
  /** Seconds since 1970. */
  readonly now: bigint;
};

/** In whose name, and with whose word, somebody asks. Goes into the audit record. */
export type Authorization = { readonly sessionKey?: Address; readonly author?: "verified" };

/**
 * What proves that a request by HTTP is the requester's, and the steps that are left, in the order in which they cost (PROTOCOL section 5.1).
 *
 * signed: the requester's own key signed it, as recovery shows; nothing is left to ask.
 * session: its key signed a reading session; whether the requester ended that session is left to ask.
 * claimed: nothing is proved. The account may be a contract that takes the signature, which costs a simulation.
 */
export type ReaderProof = {
  readonly kind: "signed" | "session" | "claimed";
  /** Who signed under a reading session. */
  readonly sessionKey?: Address;
  /** Throws unless the request is the requester's as of these blocks. */
  readonly proveRequester: (heads: Heads) => Promise<void>;
  /** Throws where a statement of authorship that came with it is not the owner's. */
  readonly proveStatement: (heads: Heads) => Promise<Authorization>;
};

/**
 * Checks that an HTTP request comes from its requester: it is signed by the requester (PROTOCOL section 5.1), or by a session key under one of its
 * reading sessions (section 5.6). An enclosed statement of authorship must be the owner's. Whether the requester may read is checked elsewhere.
 *
 * The check itself sends no request. It and the steps of its proof throw INVALID_SIGNATURE, SIGNATURE_NOT_FINAL, WALLET_NOT_DEPLOYED, SESSION_INVALID,
 * SESSION_EXPIRED, SESSION_ENDED, SESSION_OUT_OF_SCOPE with `details.field`, and UNAVAILABLE or ChainUnavailableError when it cannot be found out.
 */
export const createAuthorizeReader = (options: Options) => {
  const { domain } = options;

  /** Refuses with `code` unless the account signed. */
  const requireSigned = async (claim: SignatureClaim, heads: Heads, field: string, code: "INVALID_SIGNATURE" | "SESSION_INVALID") => {
    const verdict = await verifySignature({ rpc: options.rpc, from: domain.shareRequests, factories: options.factories }, claim, heads);
    if (verdict === "VALID") return;
    throw new KeyquorumError(verdict === "INVALID" ? code : verdict, undefined, { details: { field } });
  };
  const generationAt = ({ hash }: BlockRef, requester: string): Promise<bigint> => options.reader.at(hash).sessionGenerationOf(requester);

  const underSession = ({ asked, requestId, now }: AskedByHttp, { session, signature }: SignedReadingSession) => {
    const { requester } = asked.request;
    checkSessionUse({ session, requester, header: asked.header, now });
    if (recoverSigner(requestId, asked.signature) !== session.sessionKey)
      throw new KeyquorumError("INVALID_SIGNATURE", "The signature over the request is not the session key's.", {
        details: { field: "signature" },
      });
    const claim = { account: requester, digest: readingSessionDigest(domain, session), signature };
    const kind = isRecovered(claim) ? ("session" as const) : ("claimed" as const);
    const proveRequester = async (heads: Heads): Promise<void> => {
      if (kind === "claimed") await requireSigned(claim, heads, "delegation.signature", "SESSION_INVALID");
      checkSessionGeneration(session, await generationAt(heads.head, requester));
    };
    return { kind, proveRequester, sessionKey: session.sessionKey };
  };
  const byRequester = ({ asked, requestId }: AskedByHttp) => {
    const claim = { account: asked.request.requester, digest: requestId, signature: asked.signature };
    const kind = isRecovered(claim) ? ("signed" as const) : ("claimed" as const);
    const proveRequester = async (heads: Heads): Promise<void> => {
      if (kind === "claimed") await requireSigned(claim, heads, "signature", "INVALID_SIGNATURE");
    };
    return { kind, proveRequester };
  };

  return (input: AskedByHttp): ReaderProof => {
    const { asked, delegated } = input;
    const { request, header, ownerStatement } = asked;
    const requester = delegated === undefined ? byRequester(input) : underSession(input, delegated);
    const sessionKey = delegated === undefined ? {} : { sessionKey: delegated.session.sessionKey };
    return {
      ...requester,
      proveStatement: async (heads) => {
        if (ownerStatement === undefined) return sessionKey;
        const digest = authorshipDigest(domain, { headerHash: request.headerHash, cid: ownerStatement.cid });
        const claim = { account: header.owner, digest, signature: ownerStatement.signature };
        await requireSigned(claim, heads, "ownerStatement", "INVALID_SIGNATURE");
        return { ...sessionKey, author: "verified" };
      },
    };
  };
};

export type AuthorizeReader = ReturnType<typeof createAuthorizeReader>;

const isRecovered = ({ account, digest, signature }: SignatureClaim): boolean => recoverSigner(digest, signature) === account;

/** The delegation of a request. Throws INVALID_REQUEST. */
export const delegationOf = ({ delegation }: SignedShareRequest): SignedReadingSession | undefined =>
  delegation === undefined ? undefined : parseDelegation(delegation);
