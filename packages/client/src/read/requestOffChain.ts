import { backend, encodePoint, randomScalar, SecretScalar } from "@keyquorum/threshold";
import {
  bytesToHex,
  type DocumentHeader,
  encodeShareRequestBody,
  type Hash32,
  headerHashOf,
  KeyquorumError,
  type ShareRequest,
  type SignedShareRequest,
  type SigningDomain,
  shareRequestDigest,
  ZERO_HASH,
} from "@keyquorum/wire";
import type { Client } from "../bareClient.ts";
import type { KeeperContact } from "../keys/committee.ts";
import type { KeyHolders, UnmetKeeper } from "../keys/holders.ts";
import type { KeyInfo } from "../keys/keys.ts";
import { limitedSignal } from "../time/abortable.ts";
import type { Clock } from "../time/clock.ts";
import type { RetrievalReport } from "../types.ts";
import { askKeeper } from "./askKeeper.ts";
import { type Collected, type CollectPolicy, collect } from "./collect.ts";
import type { RetrievalListener } from "./events.ts";
import { KeeperError } from "./keeperError.ts";
import { openShares } from "./openShares.ts";
import { isFinalWord, isWordOnEpoch, outcomeOf } from "./outcome.ts";
import type { RequestSigner } from "./requestSigner.ts";
import { type KeeperAnswer, verifyAnswer } from "./verifyAnswer.ts";

/**
 * Requests a header's content secret from the keepers by HTTP, without gas: one signature by the reader, then a hedged fan-out that tolerates silent,
 * slow, dribbling and lying keepers and stops at q valid answers of one epoch. If too few come and the key has meanwhile moved to a later epoch, it
 * asks the keepers of that epoch with the same signature. Answers of two epochs are never combined. PROTOCOL sections 3.9 and 5.1 to 5.4.
 *
 * Throws RetrievalError ACCESS_DENIED, PERMISSION_NOT_FINAL or UNAVAILABLE with a table of what each keeper said; the signal's reason.
 */
export const requestOffChain = async (
  client: Pick<Client, "domain" | "fetchAt" | "clock" | "random" | "limits">,
  question: {
    readonly signer: RequestSigner;
    readonly policy: CollectPolicy;
    readonly header: DocumentHeader;
    /** The key in the epoch to begin with. */
    readonly key: KeyInfo;
    /** In the order in which they are asked. */
    readonly keepers: KeyHolders["keepers"];
    /** Looks at the chain again: the key in its active epoch. */
    readonly lookAgain: (signal: AbortSignal) => Promise<KeyHolders>;
    readonly contextHash?: Hash32 | undefined;
    /** What contextHash is the hash of. */
    readonly context?: Uint8Array | undefined;
    /** Default: random. */
    readonly nonce?: Hash32 | undefined;
    /** The owner's statement for a document that is not published: D24. */
    readonly ownerStatement?: SignedShareRequest["ownerStatement"] | undefined;
    readonly timeoutMs: number;
    /** Bounds everything from here on, the wallet's answer too. Undefined: `timeoutMs` begins when the request is signed, and people may take longer. */
    readonly stopAt?: number | undefined;
    readonly onEvent?: RetrievalListener | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly contentSecret: Uint8Array; readonly report: RetrievalReport }> => {
  const { domain, fetchAt, clock, random, limits } = client;
  const { signer, policy, header, timeoutMs, onEvent, signal } = question;
  const readerSecret = SecretScalar.from(randomScalar(random));
  const seconds = deadlineSeconds(timeoutMs, signer.by);
  try {
    const request: ShareRequest = {
      document: header.document,
      headerHash: headerHashOf(header),
      requester: signer.requester,
      readerKey: encodePoint(backend.mulG(readerSecret.reveal())),
      contextHash: question.contextHash ?? ZERO_HASH,
      nonce: question.nonce ?? (bytesToHex(random(32)) as Hash32),
      deadline: BigInt(Math.floor(clock.now() / 1000) + seconds),
    };
    onEvent?.({ kind: "signing", requester: signer.requester, by: signer.by });
    const asked: SignedShareRequest = {
      header,
      request,
      signature: await signInTime(
        {
          signer,
          clock,
          signal,
          limitMs: Math.max(0, Math.min(seconds * 1000, (question.stopAt ?? Number.POSITIVE_INFINITY) - clock.now())),
        },
        domain,
        request,
      ),
      ...(question.context === undefined ? {} : { context: question.context }),
      ...(question.ownerStatement === undefined ? {} : { ownerStatement: question.ownerStatement }),
      ...(signer.delegation === undefined ? {} : { delegation: signer.delegation }),
    };
    const leftMs = question.stopAt === undefined ? timeoutMs : Math.max(0, question.stopAt - clock.now());
    const limited = limitedSignal({
      signal,
      timeoutMs: leftMs,
      clock,
      onTimeout: () => new Error("The retrieval's time limit has passed."),
    });
    const nameOf = new Map<number, string>();
    const collectIn = ({ key, keepers }: KeyHolders): Promise<Collected<KeeperAnswer>> => {
      const body = encodeShareRequestBody({ ...asked, epoch: key.epoch });
      return collect({
        keepers,
        meet,
        quorum: key.quorum,
        ask: async (keeper: KeeperContact, askSignal) => {
          nameOf.set(keeper.slot, keeper.name);
          const answer = await askKeeper({ keeper, body, fetch: fetchAt(keeper), clock, limits, signal: askSignal });
          return verifyAnswer(answer, keeper, { domain, asked, key });
        },
        policy,
        clock,
        signal: limited.signal,
        isFinalWord: (code) => isFinalWord(code) || isWordOnEpoch(code),
        onEvent,
      });
    };
    const { key, answers, failures } = await collectInOneEpoch(question, { collectIn, limited: limited.signal }).finally(limited.dispose);
    signal?.throwIfAborted();
    if (answers.size < key.quorum) throw outcomeOf({ members: key.slots.length, quorum: key.quorum, have: answers.size, failures });
    const { contentSecret, used } = openShares({
      header,
      key,
      readerSecret,
      answers: [...answers.values()].map(({ verified }) => verified),
    });
    const requestId = shareRequestDigest(domain, request);
    onEvent?.({ kind: "combined", requestId, used });
    return {
      contentSecret,
      report: {
        requestId,
        epoch: key.epoch,
        quorum: key.quorum,
        used,
        failed: failures,
        receipts: [...answers].map(([slot, { answer }]) => ({ slot, name: nameOf.get(slot) ?? `keeper ${slot}`, ...answer.receipt })),
        record: { kind: "http", asked, key, answers: [...answers.values()].map(({ answer }) => answer) },
      },
    };
  } finally {
    readerSecret.erase();
  }
};

/** Collects in the epoch that the question names, and in a later one where too few answer and the key has moved. */
const collectInOneEpoch = async (
  question: KeyHolders & {
    readonly lookAgain: (signal: AbortSignal) => Promise<KeyHolders>;
    readonly onEvent?: RetrievalListener | undefined;
  },
  { collectIn, limited }: { readonly collectIn: (holders: KeyHolders) => Promise<Collected<KeeperAnswer>>; readonly limited: AbortSignal },
): Promise<KeyHolders & Collected<KeeperAnswer>> => {
  let holders: KeyHolders = { key: question.key, keepers: question.keepers };
  for (;;) {
    const collected = await collectIn(holders);
    const { epoch, quorum } = holders.key;
    if (collected.answers.size >= quorum || limited.aborted) return { ...holders, ...collected };
    const now = await question.lookAgain(limited).catch(() => undefined); // what the keepers said says more than that
    if (now === undefined || now.key.epoch <= epoch) return { ...holders, ...collected };
    holders = { key: now.key, keepers: now.keepers };
    question.onEvent?.({ kind: "reshared", epoch: now.key.epoch, previousEpoch: epoch });
  }
};

/** Long enough for all that the caller is willing to wait, for a person who reads what the wallet shows, and for clocks that differ; a keeper allows 600 s. */
const deadlineSeconds = (timeoutMs: number, by: RequestSigner["by"]): number =>
  Math.min(540, Math.ceil(timeoutMs / 1000) + 60 + (by === "wallet" ? 240 : 0));

/** A signature that comes after the request's deadline, or when the caller has given up, is of no use: it is not waited for any longer. */
const signInTime = async (
  options: {
    readonly signer: RequestSigner;
    readonly clock: Clock;
    readonly limitMs: number;
    readonly signal: AbortSignal | undefined;
  },
  domain: SigningDomain,
  request: ShareRequest,
): Promise<Uint8Array> => {
  const { signer, clock, limitMs, signal } = options;
  const onTimeout = (): Error => new KeyquorumError("WALLET_TIMEOUT", `The wallet did not sign the request within ${limitMs} ms.`);
  const limited = limitedSignal({ signal, timeoutMs: limitMs, clock, onTimeout });
  try {
    return await signer.sign(domain, request, limited.signal);
  } finally {
    limited.dispose();
  }
};

/** A keeper that the chain cannot be asked about now may be met later; one that providers name differently is met never, and ends the reading. */
const meet = async (keeper: KeeperContact | UnmetKeeper, signal: AbortSignal): Promise<KeeperContact> => {
  if (!("meet" in keeper)) return keeper;
  try {
    return await keeper.meet(signal);
  } catch (cause) {
    if (cause instanceof KeyquorumError && cause.code === "KEY_DISPUTED") throw cause;
    throw new KeeperError("UNREACHABLE", "The chain did not say where it is reached.", { retryable: true, cause });
  }
};
