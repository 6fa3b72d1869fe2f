/**
 * A coordinator of Schnorr signatures: ROAST (ePrint 2022/550). PROTOCOL section 10.4.
 *
 * Every signer is in one session at most. As soon as t+1 are idle, with fresh commitments, a session of exactly these is opened; a right share makes its
 * signer idle again, with its next commitment. A session that does not end holds at least one signer that is silent, refused or was wrong, and it
 * holds that one for good: with t+1 honest signers that answer within 8 s there are at most n-t, and one of them is the signature.
 * It decides nothing but liveness: it learns no secret, and a signature is verified before it is given to anybody.
 */
import { combineSignatureShares, encodeWords, type HedgedRandom, type NonceUse, type SchnorrSignature } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, KeyquorumError, type SignedHttpSigningRequest } from "@keyquorum/wire";
import type { BootId, FrostAnswers, NonceMessage, ShareMessage } from "../messages.ts";
import type { SigningContext, SigningRequest } from "../ports.ts";
import { createInbox } from "./inbox.ts";
import { integerOf, judgeShare, type ShareEvidence } from "./judge.ts";
import { NONCES_PER_REQUEST } from "./liveNonces.ts";
import { attemptAt, commitmentsOf, isNonceOf } from "./package.ts";
import { FRESH_MILLISECONDS, type Offer, type Seat } from "./seats.ts";
import type { Session } from "./session.ts";
import { attemptOf, commitmentOf, nonceAskStatement, nonceIdOf, packageHashOf, shareAskStatement } from "./statements.ts";

/** Sessions of one request and coordinator, whatever they end by. */
export const MAX_SESSIONS = 64;
/** How often a signer's nonce may be gone before it is not asked any more: each of its starts explains one, slowness some. */
export const MAX_GONE = 3;
/** Milliseconds that the newest session is waited for before another one is opened beside it. */
export const SESSION_PATIENCE = 300;

export type CoordinatorPorts = {
  readonly context: SigningContext;
  readonly boot: BootId;
  readonly request: SigningRequest;
  /** What shows a request that came by HTTP. */
  readonly asked?: SignedHttpSigningRequest;
  /** How a signer is asked, this keeper's own among them. What it throws is a refusal (KeyquorumError), or silence. */
  readonly signer: (slot: number) => FrostAnswers;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** What it throws ends the work: a keeper that stops. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Throws OLDER_BOOT. */
  readonly admitBoot: (epoch: number, slot: number, boot: BootId) => Promise<void>;
  readonly randomOf: (use: Omit<NonceUse, "purpose">) => HedgedRandom;
  /** A signer was wrong, and this proves it. Durable before it resolves. */
  readonly onFault: (fault: SigningFault) => Promise<void>;
  /** Signers that are not asked, with the code why: who was wrong before. */
  readonly excluded?: ReadonlyMap<number, string>;
};

export type SigningFault = { readonly slot: number; readonly evidence: ShareEvidence };

/** `attempts`: sessions that counted, the last one included. */
export type MadeSignature = { readonly signature: SchnorrSignature; readonly attempts: number; readonly faults: readonly SigningFault[] };

type Event =
  | { readonly kind: "nonce"; readonly slot: number; readonly askedAt: number; readonly answer: Settled<NonceMessage> }
  | {
      readonly kind: "share";
      readonly slot: number;
      readonly askedAt: number;
      readonly session: Session;
      readonly answer: Settled<ShareMessage>;
    }
  | { readonly kind: "tick"; readonly answer: Settled<void> };
type Settled<T> = { readonly value: T } | { readonly error: unknown };

const settled = <T>(ask: () => Promise<T>): Promise<Settled<T>> =>
  Promise.resolve()
    .then(ask) // what it throws at once is an answer, too
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );

/** Throws TOO_FEW_SIGNERS {have, need, perKeeper}, SIGNING_EXHAUSTED. */
export const signWithFrost = async (ports: CoordinatorPorts): Promise<MadeSignature> => {
  const { context, request, now } = ports;
  const { requestId, epoch } = request;
  const coordinator = { slot: context.slot, boot: ports.boot };
  const quorum = request.threshold + 1;
  const inbox = createInbox<Event>();
  const seats = new Map<number, Seat>();
  const gone = new Map<number, number>();
  const asks = new Map<number, number>();
  const seen = new Set<Hash32>();
  const sessions: Session[] = [];
  const faults: SigningFault[] = [];

  const out = (slot: number, reason: string): void => void seats.set(slot, { kind: "out", reason });

  const askNonce = (slot: number): void => {
    const times = (asks.get(slot) ?? 0) + 1;
    if (times > NONCES_PER_REQUEST) {
      out(slot, "RATE_LIMITED");
      return;
    }
    asks.set(slot, times);
    const askedAt = now();
    seats.set(slot, { kind: "asked" });
    const session = encodeWords(hexToBytes(requestId, 32), epoch, slot, hexToBytes(coordinator.boot, 32));
    const askId = bytesToHex(ports.randomOf({ session })(32)) as Hash32; // 32 bytes
    const said = { requestId, epoch, coordinator, to: slot, askId, ...(ports.asked === undefined ? {} : { asked: ports.asked }) };
    const ask = { ...said, signature: context.sign(nonceAskStatement(said)) };
    inbox.expect(settled(() => ports.signer(slot).nonce(ask)).then((answer) => ({ kind: "nonce", slot, askedAt, answer })));
  };
  const askAgain = (slot: number): void => {
    const times = (gone.get(slot) ?? 0) + 1;
    gone.set(slot, times);
    if (times > MAX_GONE) out(slot, "SIGNING_NONCE_GONE");
    else askNonce(slot);
  };

  /** The commitment of a nonce message, if it is one of this signer's for this coordinator that was never shown before. */
  const offerOf = async (slot: number, nonce: NonceMessage, askedAt: number): Promise<Offer | undefined> => {
    const commitment = commitmentOf(nonce);
    if (nonce.signer.slot !== slot || commitment === undefined) return undefined;
    if (!isNonceOf(context, { requestId, epoch, coordinator }, nonce, commitment)) return undefined;
    const nonceId = nonceIdOf(nonce, commitment);
    if (seen.has(nonceId)) return undefined;
    if ("error" in (await settled(() => ports.admitBoot(epoch, slot, nonce.signer.boot)))) return undefined;
    seen.add(nonceId);
    return { nonce, nonceId, askedAt };
  };

  const takeNonce = async ({ slot, askedAt, answer }: Extract<Event, { kind: "nonce" }>): Promise<void> => {
    if ("error" in answer) return out(slot, codeOf(answer.error));
    const offer = await offerOf(slot, answer.value, askedAt);
    if (offer === undefined) out(slot, "BAD_ANSWER");
    else seats.set(slot, { kind: "idle", ...offer });
  };

  const openSession = (offers: readonly Offer[]): void => {
    const ordered = offers.toSorted((a, b) => a.nonce.signer.slot - b.nonce.signer.slot);
    const nonces = ordered.map(({ nonce }) => nonce);
    const commitments = commitmentsOf(nonces);
    const attempt = attemptAt(request, commitments);
    if (attempt === undefined) {
      for (const { nonce } of ordered) askAgain(nonce.signer.slot); // void: nobody's fault
      return;
    }
    const attemptId = attemptOf({ requestId, epoch, coordinator }, packageHashOf(commitments));
    const session: Session = { attempt, attemptId, nonces, openedAt: now(), shares: new Map(), isDead: false, isExcused: false };
    sessions.push(session);
    const said = { requestId, epoch, attempt: attemptId, coordinator };
    const ask = { ...said, nonces, signature: context.sign(shareAskStatement(said)) };
    for (const slot of attempt.slots) {
      const askedAt = now();
      seats.set(slot, { kind: "signing", session });
      inbox.expect(settled(() => ports.signer(slot).share(ask)).then((answer) => ({ kind: "share", slot, askedAt, session, answer })));
    }
  };

  /** The signature, where this share completes one. */
  const takeShare = async ({
    slot,
    askedAt,
    session,
    answer,
  }: Extract<Event, { kind: "share" }>): Promise<SchnorrSignature | undefined> => {
    if ("error" in answer) {
      session.isDead = true;
      const code = codeOf(answer.error);
      if (code !== "SIGNING_NONCE_GONE") return void out(slot, code);
      session.isExcused = true;
      return void askAgain(slot);
    }
    const { value: share } = answer;
    const evidence = { nonces: session.nonces, share };
    const verdict = share.signer.slot === slot && share.attempt === session.attemptId ? judgeShare(context, request, evidence) : "unproven";
    if (verdict !== "right") {
      session.isDead = true;
      out(slot, verdict === "wrong" ? "BAD_SHARE" : "BAD_ANSWER");
      if (verdict === "unproven") return undefined;
      const fault = { slot, evidence };
      faults.push(fault);
      await ports.onFault(fault);
      return undefined;
    }
    session.shares.set(slot, integerOf(share.z));
    const offer = share.next === undefined ? undefined : await offerOf(slot, share.next, askedAt);
    if (session.shares.size === quorum) {
      const signature = combined(session, request);
      if (signature !== undefined) return signature;
      session.isDead = session.isExcused = true;
    }
    if (offer === undefined) askNonce(slot);
    else seats.set(slot, { kind: "idle", ...offer });
    return undefined;
  };

  /** Opens what can be opened. Returns for how many milliseconds it rather waits for the newest session. */
  const advance = (): number => {
    for (;;) {
      const idle = [...seats].flatMap(([slot, seat]) => (seat.kind === "idle" ? [{ slot, seat }] : []));
      if (idle.length < quorum) return 0;
      const newest = sessions.at(-1);
      const patience = newest === undefined || newest.isDead ? 0 : newest.openedAt + SESSION_PATIENCE - now();
      if (patience > 0) return patience;
      const fresh = idle.filter(({ seat }) => now() - seat.askedAt <= FRESH_MILLISECONDS);
      if (fresh.length < quorum) {
        for (const { slot } of idle.filter((one) => !fresh.includes(one))) askNonce(slot);
        return 0;
      }
      if (sessions.length >= MAX_SESSIONS) throw new KeyquorumError("SIGNING_EXHAUSTED", undefined, { details: detailsOf(seats, quorum) });
      const first = fresh.toSorted((a, b) => (gone.get(a.slot) ?? 0) - (gone.get(b.slot) ?? 0)).slice(0, quorum);
      openSession(first.map(({ seat }) => seat));
    }
  };

  for (const slot of context.members) {
    const reason = ports.excluded?.get(slot);
    if (reason !== undefined) out(slot, reason);
    else if (request.verifyingShares.has(slot)) askNonce(slot);
  }
  let isWaiting = false;
  for (;;) {
    const patience = advance();
    if (patience > 0 && !isWaiting) {
      isWaiting = true;
      inbox.expect(settled(() => ports.pause(patience)).then((answer) => ({ kind: "tick", answer })));
    }
    if (inbox.isQuiet()) throw new KeyquorumError("TOO_FEW_SIGNERS", undefined, { details: detailsOf(seats, quorum) });
    const event = await inbox.next();
    if (event.kind === "tick") {
      if ("error" in event.answer) throw event.answer.error;
      isWaiting = false;
    } else if (event.kind === "nonce") await takeNonce(event);
    else {
      const signature = await takeShare(event);
      if (signature !== undefined) return { signature, attempts: sessions.filter(({ isExcused }) => !isExcused).length, faults };
    }
  }
};

/** Undefined where z = 0, which is nobody's fault. */
const combined = ({ attempt, shares }: Session, { offset, verifyingShares }: SigningRequest): SchnorrSignature | undefined => {
  const given = [...shares].map(([slot, z]) => ({
    slot,
    z,
    verifyingShare: verifyingShares.get(slot) as NonNullable<ReturnType<typeof verifyingShares.get>>,
  })); // its share was judged by it
  const made = combineSignatureShares({ attempt, offset, shares: given });
  if (made.kind === "wrong") throw new RangeError("every share was checked before");
  return made.kind === "signature" ? { c: made.c, z: made.z } : undefined;
};

/** What a signer says that gives no answer; UNAVAILABLE for silence. */
const codeOf = (error: unknown): string => (error instanceof KeyquorumError ? error.code : "UNAVAILABLE");

const detailsOf = (seats: ReadonlyMap<number, Seat>, need: number) => ({
  have: [...seats.values()].filter(({ kind }) => kind !== "out").length,
  need,
  perKeeper: [...seats].map(([slot, seat]) => `${slot} ${seat.kind === "out" ? seat.reason : seat.kind}`),
});
