/**
 * A signer's part in ECDSA signatures, one object for each session. PROTOCOL section 11.4.
 *
 * ```
 *   (none) -> deal -> nonce -> product -> check -> agreement -> share
 *               |       |         |         |          |          \__ authorised anew, durable, sent; all secrets erased
 *               |       |         |         |          \__ from here on it opens nothing
 *               |       |         |         \__ authorised anew; digest, offset and delta are fixed before a point is shown
 *               \_______\_________\_________\__ refused (any check) -> opened, if asked; from then on it agrees to nothing
 * ```
 *
 * Forbidden: another set than exactly 2t+1 signers, the same throughout; a signer in two of its lives; two answers in one round; a share before all 2t+1
 * agreed to what this keeper computed itself; both agreement and opening; a share that is not durable; a session that outlives the process. Every question
 * is answered once: the same again gets the same bytes, another one ends the session.
 */
import {
  assertEcdsaSigners,
  createEcdsaDeal,
  type EcdsaShares,
  ecdsaCheckPoints,
  ecdsaNoncePart,
  ecdsaProductPoint,
  ecdsaSignatureShare,
  encodePoint,
  encodeScalar,
  eraseEcdsaShares,
  openEcdsaDeal,
  openEcdsaPart,
  type SecretScalar,
  sumEcdsaShares,
  ThresholdError,
} from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, KeyquorumError, ZERO_HASH } from "@keyquorum/wire";
import type { Authorise, SigningContext } from "../ports.ts";
import { ECDSA_SAID } from "./kinds.ts";
import { createLiveSessions, eraseSession, type LiveSession } from "./liveSessions.ts";
import {
  ECDSA_KINDS,
  type EcdsaAgreed,
  type EcdsaAgreement,
  type EcdsaAgreementAsk,
  type EcdsaAnswers,
  type EcdsaCheckAsk,
  type EcdsaCheckMessage,
  type EcdsaComplaint,
  type EcdsaDeal,
  type EcdsaDealAsk,
  type EcdsaNonce,
  type EcdsaNonceAsk,
  type EcdsaOpeningAsk,
  type EcdsaOpeningMessage,
  type EcdsaProduct,
  type EcdsaProductAsk,
  type EcdsaShare,
  type EcdsaShareAsk,
} from "./messages.ts";
import type { EcdsaRequest, EcdsaSignerPorts } from "./ports.ts";
import { createQuestions } from "./questions.ts";
import { factorsOf, failedProducts, failedSums, isCheck, isSameAgreed, nonceOf } from "./rounds.ts";
import { ecdsaSessionOf, ecdsaStatements } from "./statements.ts";

export type EcdsaSigner = EcdsaAnswers & {
  /** Erases what is too old. Also done before every answer. */
  readonly sweep: () => void;
  /** The epoch's shares are going: its sessions and pair keys go first. */
  readonly endEpoch: (epoch: number) => void;
  /** Erases all; nothing is answered any more. */
  readonly stop: () => void;
  /** How many sessions hold secrets. */
  readonly live: () => number;
};

export const createEcdsaSigner = (authorise: Authorise, ports: EcdsaSignerPorts): EcdsaSigner => {
  const sessions = createLiveSessions(ports.clock);
  const { randomOf } = ports;
  const questions = createQuestions(ports, sessions);
  const { over, assertGoing, gone, aborted, contextFor, selfOf, once, refuse, secretsOf, sumOf } = questions;
  const { liveFor, assertCoordinator, assertShown, assertHashes } = questions;
  const withShare = async <T>(request: EcdsaRequest, use: (share: SecretScalar) => T): Promise<T> => {
    const share = await ports.shareOf(request);
    try {
      return use(share);
    } finally {
      share.erase();
    }
  };

  const hexOf = (bytes: Uint8Array): string => bytesToHex(bytes);

  const deal = async (ask: EcdsaDealAsk): Promise<EcdsaDeal> => {
    const context = await contextFor(ask, ECDSA_KINDS.askDeal, 0);
    const { session, requestId, epoch, keyId, slots, coordinator } = ask;
    const before = sessions.get(session);
    if (before !== undefined) return repeated(before, ask);
    assertSet(context, ask);
    const isPooled = requestId === ZERO_HASH;
    if (isPooled && ports.pool === undefined) throw new KeyquorumError("SIGNING_DENIED", "This keeper makes no signatures ahead of need.");
    // Whatever becomes of it, this id was asked for.
    sessions.enter(session);
    await ports.admitBoot(epoch, coordinator.slot, coordinator.boot);
    const request = isPooled ? undefined : await ports.requestOf(ask);
    const key = request ?? (await ports.pool?.keyOf({ keyId, epoch }));
    if (key === undefined || (request !== undefined && !isRequestOf(request, ask))) throw new RangeError("the request that was asked for");
    assertExactly(slots, key.threshold);
    if (request !== undefined) await authorise(request);
    const pairKeys = await ports.pairKeysOf(epoch);
    assertGoing(epoch);
    sessions.makeRoom({ requestId, coordinator, isPooled }, context.members.length, ports.pool?.most ?? 0);
    const input = { slots, threshold: key.threshold, slot: context.slot, session: hexToBytes(session, 32), pairKeys };
    const random = randomOf({ session: hexToBytes(session, 32) });
    const { dealt, polynomials, own } = createEcdsaDeal(input, random);
    const said = { session, requestId, epoch, signer: selfOf(context), ...dealt };
    const answer: EcdsaDeal = { ...said, signature: context.sign(ecdsaStatements.deal(said)) };
    sessions.add({
      ...{ ask, threshold: key.threshold, isPooled, request },
      born: { monotonic: ports.clock.monotonic(), wall: ports.clock.wall() },
      secrets: { polynomials, own, dealt, sum: undefined },
      boots: new Map([[context.slot, ports.boot]]),
      answers: new Map([["deal", { question: session, answer: Promise.resolve(answer) }]]),
      seen: new Map(),
      sent: new Map([["deal", ECDSA_SAID.deal.content(said)]]),
      ...{ nonce: undefined, factors: undefined, agreement: undefined },
      ...{ isRefused: false, hasAgreed: false, isOpened: false },
    });
    return answer;
  };
  const isRequestOf = (request: EcdsaRequest, { requestId, epoch, keyId }: Pick<EcdsaDealAsk, "requestId" | "epoch" | "keyId">): boolean =>
    request.requestId === requestId && request.epoch === epoch && request.keyId === keyId;
  const repeated = (live: LiveSession, ask: EcdsaDealAsk): Promise<EcdsaDeal> => {
    assertCoordinator(live, ask);
    if (live.isRefused || live.isOpened) throw new KeyquorumError("SIGNING_CONFLICT");
    return live.answers.get("deal")?.answer as Promise<EcdsaDeal>; // the first round's
  };
  /** Members that may sign, ascending, this keeper among them; and the id is that of what it says. How many, the key says. */
  const assertSet = (context: SigningContext, ask: EcdsaDealAsk): void => {
    const { slots } = ask;
    const areMembers = slots.every((slot) => context.members.includes(slot)) && slots.includes(context.slot);
    const isAscending = slots.every((slot, i) => i === 0 || slot > (slots[i - 1] as number));
    if (!areMembers || !isAscending || ask.session !== ecdsaSessionOf(ports.domain, ask))
      throw new KeyquorumError("INVALID_REQUEST", "These are not signers of this session.", { details: { field: "slots" } });
  };
  const assertExactly = (slots: readonly number[], threshold: number): void => {
    try {
      assertEcdsaSigners({ slots, threshold });
    } catch (error) {
      if (!(error instanceof ThresholdError)) throw error;
      throw new KeyquorumError("INVALID_REQUEST", error.message, { details: { field: "slots", ...error.details }, cause: error });
    }
  };

  const nonce = async (ask: EcdsaNonceAsk): Promise<EcdsaNonce | EcdsaComplaint> => {
    const { live, context, hash } = await liveFor("nonce", ask, ask.deals, ECDSA_SAID.deal);
    return once(live, "nonce", hexOf(hash), async () => {
      assertShown(context, live, "nonce", ask.deals, ECDSA_SAID.deal);
      // Whether a life is the newest is the coordinator's to check: a signer that shows two would otherwise keep out whoever refuses it. One is one here.
      for (const { signer } of ask.deals) live.boots.set(signer.slot, signer.boot);
      const { session, requestId, epoch } = live.ask;
      const named = { session, requestId, epoch, signer: selfOf(context) };
      const pairKeys = await ports.pairKeysOf(epoch);
      const secrets = secretsOf(live);
      const received: EcdsaShares[] = [];
      try {
        for (const dealt of ask.deals) {
          const from = dealt.signer.slot;
          if (from === context.slot) continue;
          const opened = openEcdsaPart({ session: hexToBytes(session, 32), from, to: context.slot, dealt, pairKeys });
          if (opened.kind === "invalid") return complain(context, live, { ...named, against: from });
          received.push(opened.shares);
        }
        secrets.sum = sumEcdsaShares([secrets.own, ...received]);
      } finally {
        for (const shares of received) eraseEcdsaShares(shares);
        eraseEcdsaShares(secrets.own);
      }
      live.seen.set("deal", hash);
      const { point, w } = ecdsaNoncePart(secrets.sum);
      const said = { ...named, point: encodePoint(point), w: encodeScalar(w), hash };
      live.sent.set("nonce", ECDSA_SAID.nonce.content(said));
      return { ...said, signature: context.sign(ecdsaStatements.nonce(said)) };
    });
  };
  /** The session does not go on; what this keeper dealt may still be opened. */
  const complain = (context: SigningContext, live: LiveSession, said: Omit<EcdsaComplaint, "signature">): EcdsaComplaint => {
    refuse(live);
    return { ...said, signature: context.sign(ecdsaStatements.complaint(said)) };
  };

  const product = async (ask: EcdsaProductAsk): Promise<EcdsaProduct> => {
    const { live, context, hash } = await liveFor("product", ask, ask.nonces, ECDSA_SAID.nonce);
    return once(live, "product", hexOf(hash), async () => {
      assertShown(context, live, "product", ask.nonces, ECDSA_SAID.nonce);
      assertHashes("product", ask.nonces, live.seen.get("deal"));
      const found = nonceOf({ slots: live.ask.slots, threshold: live.threshold }, ask.nonces);
      if (isCheck(found)) throw aborted("product", found);
      live.nonce = found;
      live.seen.set("nonce", hash);
      const { session, requestId, epoch } = live.ask;
      const point = encodePoint(ecdsaProductPoint(sumOf(live), found));
      const said = { session, requestId, epoch, signer: selfOf(context), point, hash };
      live.sent.set("product", ECDSA_SAID.product.content(said));
      return { ...said, signature: context.sign(ecdsaStatements.product(said)) };
    });
  };

  const check = async (ask: EcdsaCheckAsk): Promise<EcdsaCheckMessage> => {
    const { live, context, hash } = await liveFor("check", ask, ask.products, ECDSA_SAID.product);
    // With this question a presignature is taken: for the request that it names, and never for another one.
    if (live.isPooled && !live.answers.has("check")) live.born = { monotonic: ports.clock.monotonic(), wall: ports.clock.wall() };
    return once(live, "check", `${ask.requestId} ${hexOf(hash)}`, async () => {
      assertShown(context, live, "check", ask.products, ECDSA_SAID.product);
      assertHashes("check", ask.products, live.seen.get("nonce"));
      const signers = { slots: live.ask.slots, threshold: live.threshold };
      const found = live.nonce;
      if (found === undefined) throw gone();
      const failed = failedProducts(signers, found, ask.products);
      if (failed !== undefined) throw aborted("check", failed);
      const request = await requestToSign(live, ask);
      await authorise(request);
      // Digest, offset and delta are fixed before a point is shown.
      const factors = factorsOf(request, found);
      if (factors === undefined) throw aborted("check", "void");
      const { session, epoch } = live.ask;
      const points = await withShare(request, (share) => ecdsaCheckPoints(sumOf(live), share, found));
      Object.assign(live, { request, factors });
      live.seen.set("product", hash);
      const { a, b, e } = points;
      const said = {
        session,
        requestId: request.requestId,
        epoch,
        signer: selfOf(context),
        a: encodePoint(a),
        b: encodePoint(b),
        e: encodePoint(e),
        hash,
      };
      live.sent.set("check", ECDSA_SAID.check.content(said));
      return { ...said, signature: context.sign(ecdsaStatements.check(said)) };
    });
  };
  /** A session's own request; of a presignature, that which the question names: on the chain, of the same key. */
  const requestToSign = async (live: LiveSession, { requestId, epoch }: EcdsaCheckAsk): Promise<EcdsaRequest> => {
    const { keyId } = live.ask;
    if (!live.isPooled) {
      if (live.request === undefined || live.request.requestId !== requestId) throw new KeyquorumError("SIGNING_CONFLICT");
      return live.request;
    }
    const request = await ports.requestOf({ requestId, epoch });
    const isOnChain = request.blockHash.some((byte) => byte !== 0);
    if (!isOnChain || !isRequestOf(request, { requestId, epoch, keyId }) || request.threshold !== live.threshold)
      throw new KeyquorumError("SIGNING_CONFLICT", "The presignature is not for this request.");
    return request;
  };

  const agree = async (ask: EcdsaAgreementAsk): Promise<EcdsaAgreement> => {
    const { live, context, hash } = await liveFor("agreement", ask, ask.checks, ECDSA_SAID.check);
    return once(live, "agreement", hexOf(hash), async () => {
      const { request, factors } = live;
      if (request === undefined || factors === undefined) throw gone();
      assertShown(context, live, "agreement", ask.checks, ECDSA_SAID.check, request.requestId);
      assertHashes("agreement", ask.checks, live.seen.get("product"));
      const failed = failedSums(live.ask.slots, request, ask.checks);
      if (failed !== undefined) throw aborted("agreement", failed);
      secretsOf(live);
      const { session, epoch } = live.ask;
      const agreed = { digest: request.digest, offset: encodeScalar(request.offset), delta: encodeScalar(factors.delta), hash };
      const said = { session, requestId: request.requestId, epoch, signer: selfOf(context), ...agreed };
      // From here on nothing of this session is opened.
      live.hasAgreed = true;
      live.agreement = { ...said, signature: context.sign(ecdsaStatements.agreement(said)) };
      live.sent.set("agreement", ECDSA_SAID.agreement.content(said));
      return live.agreement;
    });
  };

  const share = async (ask: EcdsaShareAsk): Promise<EcdsaShare> => {
    const { live, context, hash } = await liveFor("share", ask, ask.agreements, ECDSA_SAID.agreement);
    return once(live, "share", hexOf(hash), async () => {
      const { request, factors, nonce: found, agreement } = live;
      if (request === undefined || factors === undefined || found === undefined || agreement === undefined) throw gone();
      assertShown(context, live, "share", ask.agreements, ECDSA_SAID.agreement, request.requestId);
      if (ask.agreements.some((one) => !isSameAgreed(one, agreement))) throw aborted("share", "agreements");
      await authorise(request);
      const { session, slots, epoch } = live.ask;
      const s = await withShare(request, (own) => {
        try {
          return ecdsaSignatureShare({ slots, slot: context.slot, shares: sumOf(live), share: own, nonce: found, factors });
        } finally {
          eraseSession(live);
        }
      });
      const value = encodeScalar(s);
      await ports.store({ session, requestId: request.requestId, digest: request.digest, share: value });
      // Durable: it may leave. Where that took too long, it does not.
      assertGoing(epoch);
      if (!sessions.isAlive(live)) throw gone();
      const agreed: EcdsaAgreed = { digest: agreement.digest, offset: agreement.offset, delta: agreement.delta, hash: agreement.hash };
      const said = { session, requestId: request.requestId, epoch, signer: selfOf(context), ...agreed, s: value };
      live.sent.set("share", ECDSA_SAID.share.content(said));
      return { ...said, signature: context.sign(ecdsaStatements.share(said)) };
    });
  };

  const open = async (ask: EcdsaOpeningAsk): Promise<EcdsaOpeningMessage | EcdsaAgreement> => {
    const context = await contextFor(ask, ECDSA_KINDS.askOpening, 0);
    const live = sessions.get(ask.session);
    if (live === undefined) throw gone();
    assertCoordinator(live, ask);
    // Never both: two agreements signed by one liar could make one signer release its share and another one open, and that is a key share.
    if (live.hasAgreed) {
      if (live.agreement === undefined) throw gone();
      return live.agreement;
    }
    live.isOpened = true;
    const pairKeys = await ports.pairKeysOf(live.ask.epoch);
    assertGoing(live.ask.epoch);
    if (!sessions.isAlive(live) || live.secrets === undefined) throw gone();
    const { polynomials, dealt } = live.secrets;
    const { session, slots, requestId, epoch } = live.ask;
    const opening = openEcdsaDeal({
      session: hexToBytes(session, 32),
      slots,
      slot: context.slot,
      fresh: dealt.fresh,
      polynomials,
      pairKeys,
    });
    const said = { session, requestId, epoch, signer: selfOf(context), ...opening };
    return { ...said, signature: context.sign(ecdsaStatements.opening(said)) };
  };

  return {
    ...{ deal, nonce, product, check, agree, share, open },
    sweep: sessions.sweep,
    endEpoch: (epoch) => {
      over.epochs.add(epoch);
      sessions.endEpoch(epoch);
    },
    stop: () => {
      over.all = true;
      sessions.endAll();
    },
    live: sessions.size,
  };
};
