import { encodePoint, G, type RandomSource, randomScalar, SecretScalar } from "@keyquorum/threshold";
import {
  bytesToHex,
  type DocumentHeader,
  encodeShareRequestBody,
  type Hash32,
  headerHashOf,
  hexToBytes,
  KeyquorumError,
  parseAddress,
  type ShareRequest,
  type SigningDomain,
  shareRequestDigest,
  shareRequestTypedData,
  ZERO_HASH,
} from "@keyquorum/wire";
import type { Signer } from "ethers";
import { abortable, limitedSignal } from "./abortable.ts";
import { askKeeper } from "./askKeeper.ts";
import type { Clock } from "./clock.ts";
import { type CollectPolicy, collect } from "./collect.ts";
import type { KeeperContact } from "./committee.ts";
import type { ExchangeLimits, Fetch } from "./exchange.ts";
import type { KeyInfo } from "./keys.ts";
import { openShares } from "./openShares.ts";
import { isFinalWord, outcomeOf } from "./outcome.ts";
import type { RetrievalReport } from "./types.ts";
import { type VerifiedAnswer, verifyAnswer } from "./verifyAnswer.ts";

/** What the retrieval by HTTP needs besides the question itself. */
export type OffChainContext = {
  readonly domain: SigningDomain;
  readonly signer: Signer;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly policy: CollectPolicy;
  readonly limits: ExchangeLimits;
};

/**
 * Asks the keepers for a header's content secret by HTTP, without gas: one signature by the reader, then a hedged fan-out that survives silent,
 * slow, dribbling and lying keepers and stops at q valid answers. PROTOCOL sections 5.1 to 5.4.
 *
 * Throws RetrievalError ACCESS_DENIED, PERMISSION_NOT_FINAL or UNAVAILABLE with a table of what each keeper said; the signal's reason.
 */
export const requestOffChain = async (
  context: OffChainContext,
  question: {
    readonly header: DocumentHeader;
    readonly key: KeyInfo;
    readonly keepers: readonly KeeperContact[];
    readonly contextHash?: Hash32 | undefined;
    /** What contextHash is the hash of. */
    readonly context?: Uint8Array | undefined;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly contentSecret: Uint8Array; readonly report: RetrievalReport }> => {
  const { domain, signer, fetch, clock, random, policy, limits } = context;
  const { header, key, keepers, timeoutMs, signal } = question;
  const readerSecret = SecretScalar.from(randomScalar(random));
  const limited = limitedSignal({ signal, timeoutMs, clock, onTimeout: () => new Error("The retrieval's time is over.") });
  try {
    const request: ShareRequest = {
      document: header.document,
      headerHash: headerHashOf(header),
      requester: parseAddress(await abortable(signer.getAddress(), signal)),
      readerKey: encodePoint(G.multiply(readerSecret.reveal())),
      contextHash: question.contextHash ?? ZERO_HASH,
      nonce: bytesToHex(random(32)) as Hash32,
      deadline: BigInt(Math.floor(clock.now() / 1000) + deadlineSeconds(timeoutMs)),
    };
    const signature = await sign(signer, domain, request, signal);
    const body = encodeShareRequestBody({
      header,
      request,
      signature,
      ...(question.context === undefined ? {} : { context: question.context }),
    });
    const { answers, failures } = await collect<KeeperContact, VerifiedAnswer>({
      keepers: shuffle(keepers, random),
      quorum: key.quorum,
      ask: async (keeper, askSignal) =>
        verifyAnswer(await askKeeper({ keeper, body, fetch, clock, limits, signal: askSignal }), keeper, { domain, header, request, key }),
      policy,
      clock,
      signal: limited.signal,
      isFinalWord,
    });
    signal?.throwIfAborted();
    if (answers.size < key.quorum) throw outcomeOf({ members: keepers.length, quorum: key.quorum, have: answers.size, failures });
    const nameOf = new Map(keepers.map(({ slot, name }) => [slot, name]));
    const { contentSecret, used } = openShares({
      header,
      key,
      readerSecret,
      answers: [...answers.values()].map((answer) => answer.forCombining),
    });
    return {
      contentSecret,
      report: {
        requestId: shareRequestDigest(domain, request),
        epoch: key.epoch,
        quorum: key.quorum,
        used,
        failed: failures,
        receipts: [...answers].map(([slot, { answer }]) => ({ slot, name: nameOf.get(slot) ?? `keeper ${slot}`, ...answer.receipt })),
      },
    };
  } finally {
    readerSecret.erase();
    limited.dispose();
  }
};

/** Long enough for all that the caller is willing to wait, with room for clocks that differ; a keeper allows 600 s. */
const deadlineSeconds = (timeoutMs: number): number => Math.min(540, Math.ceil(timeoutMs / 1000) + 60);

const sign = async (signer: Signer, domain: SigningDomain, request: ShareRequest, signal: AbortSignal | undefined): Promise<Uint8Array> => {
  const typed = shareRequestTypedData(domain, request);
  try {
    const signature = await abortable(signer.signTypedData(typed.domain, typed.types, typed.message), signal);
    return hexToBytes(signature.toLowerCase());
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new KeyquorumError("NO_SIGNER", "The account did not sign the request.", { cause });
  }
};

/** A random order, so that no keeper carries all the load. */
const shuffle = <T>(items: readonly T[], random: RandomSource): T[] => {
  const keyed = items.map((item) => ({ item, order: bytesToHex(random(8)) }));
  return keyed.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ item }) => item);
};
