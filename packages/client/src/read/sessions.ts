import { encodeScalar, type RandomSource, randomScalar } from "@keyquorum/threshold";
import {
  type Address,
  accountOfSecret,
  bytesToHex,
  type DocumentHeader,
  type DocumentId,
  encodeDelegation,
  KeyquorumError,
  MAX_SESSION_SECONDS,
  parseAddress,
  parseDocumentId,
  type ReadingSession,
  readingSessionDigest,
  readingSessionTypedData,
  type SessionScope,
  type ShareRequest,
  type SigningDomain,
  shareRequestDigest,
  signDigest,
} from "@keyquorum/wire";
import type { Signer } from "ethers";
import { abortable } from "../time/abortable.ts";
import type { Clock } from "../time/clock.ts";
import { signTypedData } from "../wallets/signTypedData.ts";
import { parseSessionFile, type SessionFile } from "./sessionFile.ts";

/**
 * A wallet's leave to read in its name without asking it again. PROTOCOL section 5.6. The session's key lives in this object's memory only,
 * until the page or process ends, `erase()`, or `exportSecret()` takes it out. Safe to print: it shows nothing secret.
 */
export type Session = {
  /** What the wallet signed. Public. */
  readonly session: ReadingSession;
  readonly domain: SigningDomain;
  /** What travels with every request: the session with the wallet's signature. Not secret; worthless without the key. */
  readonly delegation: Uint8Array;
  /** Throws SESSION_EXPIRED, SESSION_OUT_OF_SCOPE, or WRONG_CHAIN before anybody is asked. `document`, or the whole header once it is known. */
  readonly check: (what: { readonly document: DocumentId } | DocumentHeader) => void;
  /** Signs a request. Throws SESSION_EXPIRED, SESSION_ENDED after `erase`, WRONG_CHAIN. */
  readonly sign: (domain: SigningDomain, request: ShareRequest) => Promise<Uint8Array>;
  /** SECRET: the session with its key, as JSON data. Whoever holds it reads in the wallet's name until the session ends. `importSession` reads it. */
  readonly exportSecret: () => SessionFile;
  /** Forgets the key. Keepers still accept what it signed before; `endSessions()` of the client ends the session everywhere. */
  readonly erase: () => void;
};

/** What a session is for: up to 32 documents, or all documents of one owner. */
export type SessionOptions = (
  | { readonly documents: readonly DocumentId[]; readonly owner?: undefined }
  | { readonly owner: Address | string; readonly documents?: undefined }
) & {
  /** At most 24. Default: 8. */
  readonly hours?: number;
  readonly signal?: AbortSignal;
};

const DEFAULT_HOURS = 8;

/**
 * Asks the wallet once and makes a session. Throws INVALID_VALUE (hours or scope, before the wallet is asked), ACTION_REJECTED and other words of wallets; the signal's reason.
 * @param context.generation `ReaderSessions.generationOf(wallet)` now
 */
export const openSession = async (
  context: {
    readonly signer: Signer;
    readonly domain: SigningDomain;
    readonly clock: Clock;
    readonly random: RandomSource;
    readonly generationOf: (requester: Address) => Promise<bigint>;
  },
  options: SessionOptions,
): Promise<Session> => {
  const { signer, domain, clock, random } = context;
  const { signal } = options;
  const [scope, seconds] = [scopeOf(options), secondsOf(options.hours)];
  const requester = parseAddress(await abortable(signer.getAddress(), signal));
  const secret = encodeScalar(randomScalar(random));
  try {
    const since = BigInt(Math.floor(clock.now() / 1000));
    const session: ReadingSession = {
      requester,
      sessionKey: accountOfSecret(secret),
      scope,
      since,
      until: since + BigInt(seconds),
      generation: await context.generationOf(requester),
    };
    encodeDelegation({ session, signature: new Uint8Array(65) }); // refuses a bad scope before the wallet is asked
    const toSign = { typed: readingSessionTypedData(domain, session), digest: readingSessionDigest(domain, session), what: "the session" };
    const signature = await signTypedData(signer, toSign, signal);
    return sessionOf({ session, domain, delegation: encodeDelegation({ session, signature }), secret, clock });
  } catch (error) {
    secret.fill(0);
    throw error;
  }
};

/** Makes a session of what `exportSecret` returned. Asks nobody. Throws INVALID_VALUE for what is no session, SESSION_EXPIRED. */
export const importSession = (secretFile: unknown, { clock }: { readonly clock: Clock }): Session => {
  const { domain, session, delegation, secret } = parseSessionFile(secretFile);
  const opened = sessionOf({ session, domain, delegation, secret, clock });
  if (accountOfSecret(secret) !== session.sessionKey)
    throw new KeyquorumError("INVALID_VALUE", "The secret is not the key of this session.", { details: { field: "secret" } });
  if (isOver(session, clock)) throw new KeyquorumError("SESSION_EXPIRED");
  return opened;
};

const sessionOf = ({
  session,
  domain,
  delegation,
  secret,
  clock,
}: {
  readonly session: ReadingSession;
  readonly domain: SigningDomain;
  readonly delegation: Uint8Array;
  readonly secret: Uint8Array;
  readonly clock: Clock;
}): Session => {
  let isErased = false;
  const checkUsable = (): void => {
    if (isErased) throw new KeyquorumError("SESSION_ENDED", "The session's key was erased.");
    if (isOver(session, clock)) throw new KeyquorumError("SESSION_EXPIRED");
  };
  return {
    session,
    domain,
    delegation,
    check: (what) => {
      checkUsable();
      if ("chainId" in what && what.chainId !== domain.chainId) throw wrongChain();
      if (covers(session.scope, what)) return;
      throw new KeyquorumError("SESSION_OUT_OF_SCOPE", undefined, { details: { document: what.document } });
    },
    sign: async (forDomain, request) => {
      checkUsable();
      if (forDomain.chainId !== domain.chainId || forDomain.shareRequests !== domain.shareRequests) throw wrongChain();
      return signDigest(shareRequestDigest(domain, request), secret);
    },
    exportSecret: () => {
      checkUsable();
      return {
        format: "keyquorum-session",
        version: 1,
        chainId: domain.chainId.toString(),
        shareRequests: domain.shareRequests,
        delegation: bytesToHex(delegation),
        secret: bytesToHex(secret),
      };
    },
    erase: () => {
      isErased = true;
      secret.fill(0);
    },
  };
};

/** An owner's scope can be judged only once the header is known. */
const covers = (scope: SessionScope, what: { readonly document: DocumentId } | DocumentHeader): boolean => {
  if (scope.kind === "documents") return scope.documents.includes(what.document);
  return "owner" in what ? what.owner === scope.owner : true;
};

const isOver = ({ until }: ReadingSession, clock: Clock): boolean => BigInt(Math.floor(clock.now() / 1000)) >= until;

const scopeOf = ({ documents, owner }: SessionOptions): SessionScope => {
  if ((documents === undefined) === (owner === undefined))
    throw new KeyquorumError("INVALID_VALUE", "A session is for either documents or an owner: give one of the two.");
  if (owner !== undefined) return { kind: "owner", owner: parseAddress(owner) };
  return { kind: "documents", documents: (documents ?? []).map(parseDocumentId) };
};

const secondsOf = (hours = DEFAULT_HOURS): number => {
  const seconds = typeof hours === "number" ? Math.floor(hours * 3600) : Number.NaN;
  if (seconds >= 1 && seconds <= MAX_SESSION_SECONDS) return seconds;
  throw new KeyquorumError("INVALID_VALUE", "hours must be more than 0 and at most 24.", { details: { field: "hours" } });
};

const wrongChain = (): KeyquorumError => new KeyquorumError("WRONG_CHAIN", "The session was opened for another deployment.");
