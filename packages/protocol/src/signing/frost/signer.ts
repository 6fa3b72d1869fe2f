/**
 * A signer's part in Schnorr signatures, one object for each nonce. PROTOCOL section 10.3.
 *
 * ```
 *            askNonce                     askShare, signed by the coordinator that the nonce is for
 *   (none) -----------> committed -----------------------------------------------> taken -> checked -> authorised -> stored -> sent
 *             authorised      \__ 10 s, clocks apart, key moved, stop: erased         \__ any refusal: erased; nothing leaves
 * ```
 *
 * Forbidden: two packages under one nonce; a share that is not durable; a share for what was not authorised anew; a nonce that outlives the process. What
 * is found wrong is found after the nonce is taken: it is gone then, whatever it was. The same question gets the same bytes while they are
 * remembered, another one nothing.
 */
import { createSignatureShare, drawSigningNonces, encodePoint, encodeScalar, encodeWords, type SecretScalar } from "@keyquorum/threshold";
import { type Hash32, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { FrostAnswers, NonceAsk, NonceMessage, ShareAsk, ShareMessage, SigningKeeper } from "../messages.ts";
import type { Authorise, SignerPorts, SigningContext, SigningRequest } from "../ports.ts";
import { createAnswered } from "./answered.ts";
import { createLiveNonces, type KeyInEpoch, type LiveNonce } from "./liveNonces.ts";
import { assertNoncesOf, attemptAt, commitmentsOf } from "./package.ts";
import {
  attemptOf,
  commitmentOf,
  nonceAskStatement,
  nonceIdOf,
  nonceStatement,
  packageHashOf,
  shareAskStatement,
  shareStatement,
} from "./statements.ts";

export type FrostSigner = FrostAnswers & {
  /** Erases what is too old. Also done before every answer. */
  readonly sweep: () => void;
  /** The key has left this epoch, and its share here is going: its nonces go first. Other keys of the epoch sign on. */
  readonly endKey: (key: KeyInEpoch) => void;
  /** Erases all; nothing is answered any more. */
  readonly stop: () => void;
  /** How many nonces are live. */
  readonly live: () => number;
};

export const createFrostSigner = (authorise: Authorise, ports: SignerPorts): FrostSigner => {
  const { randomOf } = ports;
  const nonces = createLiveNonces(ports.clock);
  const answered = createAnswered();
  const over = { all: false, keys: new Set<string>() };
  const nameOf = ({ keyId, epoch }: KeyInEpoch): string => `${keyId} ${epoch}`;

  const assertGoing = (key?: KeyInEpoch): void => {
    if (over.all) throw new KeyquorumError("SHUTTING_DOWN");
    if (key !== undefined && over.keys.has(nameOf(key))) throw new KeyquorumError("EPOCH_NOT_SERVED");
  };
  const gone = (): KeyquorumError => new KeyquorumError("SIGNING_NONCE_GONE");

  /** Throws unless a member that may coordinate signed the question. */
  const contextFor = async (
    ask: { readonly epoch: number; readonly coordinator: SigningKeeper; readonly signature: Uint8Array },
    statement: Parameters<SigningContext["isSignedBy"]>[0],
  ): Promise<SigningContext> => {
    assertGoing();
    const context = await ports.contextOf(ask.epoch);
    if (!context.members.includes(context.slot)) throw new KeyquorumError("NOT_MEMBER");
    if (!context.members.includes(ask.coordinator.slot) || !context.isSignedBy(statement, ask.signature))
      throw new KeyquorumError("INVALID_SIGNATURE", "The question is not signed by a keeper that may coordinate.");
    return context;
  };

  /** Draws and shows a nonce. Nothing waits in here, so that the room that was found is there. */
  const commit = (
    context: SigningContext,
    { request, coordinator, askId }: { readonly request: SigningRequest; readonly coordinator: SigningKeeper; readonly askId?: Hash32 },
    share: SecretScalar,
  ): LiveNonce => {
    const { requestId, epoch } = request;
    const session = encodeWords(hexToBytes(requestId, 32), epoch, coordinator.slot, hexToBytes(coordinator.boot, 32));
    const random = randomOf({ session, secret: share });
    const fresh = drawSigningNonces(random);
    const { hiding, binding } = fresh.commitment;
    const signer = { slot: context.slot, boot: ports.boot };
    const said = { requestId, epoch, signer, coordinator, d: encodePoint(hiding), e: encodePoint(binding) };
    const nonceId = nonceIdOf(said, fresh.commitment);
    const message: NonceMessage = { ...said, signature: context.sign(nonceStatement(said, nonceId)) };
    const drawn = { monotonic: ports.clock.monotonic(), wall: ports.clock.wall() };
    const live = { nonceId, askId, message, request, nonces: fresh, drawn };
    nonces.add(live);
    return live;
  };

  const withShare = async <T>(request: SigningRequest, use: (share: SecretScalar) => T): Promise<T> => {
    const share = await ports.shareOf(request);
    try {
      return use(share);
    } finally {
      share.erase();
    }
  };

  const nonce = async (ask: NonceAsk): Promise<NonceMessage> => {
    const context = await contextFor(ask, nonceAskStatement(ask));
    const { requestId, epoch, coordinator, askId } = ask;
    if (ask.to !== context.slot)
      throw new KeyquorumError("INVALID_REQUEST", "The question is for another keeper.", { details: { field: "to" } });
    await ports.admitBoot(epoch, coordinator.slot, coordinator.boot);
    const room = { requestId, coordinator, members: context.members.length };
    const same = (): LiveNonce | undefined => {
      nonces.sweep();
      return nonces.askedBefore(ask);
    };
    if (same() === undefined) nonces.assertRoom(room);
    const request = await ports.requestOf(ask);
    if (request.requestId !== requestId || request.epoch !== epoch) throw new RangeError("the request that was asked for");
    await authorise(request);
    return withShare(request, (share) => {
      assertGoing(request);
      const before = same();
      if (before !== undefined) return before.message;
      nonces.assertRoom(room);
      return commit(context, { request, coordinator, askId }, share).message;
    });
  };

  /** From `taken` to `sent`. */
  const sign = async (context: SigningContext, ask: ShareAsk, own: LiveNonce): Promise<ShareMessage> => {
    const { request, nonceId } = own;
    const { requestId, epoch, coordinator } = ask;
    const commitments = commitmentsOf(ask.nonces);
    const packageHash = packageHashOf(commitments);
    if (ask.attempt !== attemptOf(ask, packageHash))
      throw new KeyquorumError("INVALID_REQUEST", "The attempt is not that of its package.", { details: { field: "attempt" } });
    assertNoncesOf(context, ask, commitments);
    const attempt = attemptAt(request, commitments);
    if (attempt === undefined) throw new KeyquorumError("SIGNING_ABORTED", "The attempt is void.", { details: { reason: "VOID" } });
    // Not the others' lives: one that shows two of them would keep whoever refuses it out of the signature.
    if (coordinator.slot !== context.slot) await ports.admitBoot(epoch, coordinator.slot, coordinator.boot);
    await authorise(request);
    const made = await withShare(request, (share) => {
      if (!nonces.isAlive(own)) throw gone();
      assertGoing(request);
      const z = createSignatureShare({ attempt, slot: context.slot, share, offset: request.offset, nonces: own.nonces });
      const room = { requestId, coordinator, members: context.members.length };
      return { z, next: nonces.limitOf(room) === undefined ? commit(context, { request, coordinator }, share) : undefined };
    });
    try {
      if (made.z === undefined) throw new KeyquorumError("SIGNING_ABORTED", "The attempt is void.", { details: { reason: "VOID" } });
      const z = encodeScalar(made.z);
      await ports.store({ nonceId, requestId, attempt: ask.attempt, packageHash, share: z });
      // Durable: it may leave. Where that took too long, it does not.
      if (!nonces.isAlive(own)) throw gone();
      assertGoing(request);
      const said = { requestId, epoch, attempt: ask.attempt, signer: own.message.signer, nonceId, z };
      const signature = context.sign(shareStatement(said, packageHash));
      return { ...said, ...(made.next === undefined ? {} : { next: made.next.message }), signature };
    } catch (error) {
      if (made.next !== undefined) nonces.erase(made.next);
      throw error;
    }
  };

  const share = async (ask: ShareAsk): Promise<ShareMessage> => {
    const context = await contextFor(ask, shareAskStatement(ask));
    nonces.sweep();
    const ids = ask.nonces.flatMap((one) => {
      const commitment = one.signer.slot === context.slot ? commitmentOf(one) : undefined;
      return commitment === undefined ? [] : [nonceIdOf(one, commitment)];
    });
    const before = ids.map(answered.get).find((one) => one !== undefined);
    if (before !== undefined) {
      if (before.attempt !== ask.attempt) throw new KeyquorumError("SIGNING_CONFLICT");
      const message = await before.answer;
      await authorise(before.request);
      assertGoing(before.request);
      return message;
    }
    const isForAsker = ({ message: { coordinator } }: LiveNonce): boolean =>
      coordinator.slot === ask.coordinator.slot && coordinator.boot === ask.coordinator.boot;
    const found = ids.flatMap((id) => nonces.find(id) ?? []).filter(isForAsker);
    // Whatever is shown beside them: from here on they are nobody's.
    for (const one of found) nonces.take(one);
    const [own] = found;
    if (own === undefined) throw gone();
    const answer = sign(context, ask, own).finally(() => {
      for (const one of found) one.nonces.erase();
    });
    answered.keep(own.nonceId, { attempt: ask.attempt, request: own.request, answer });
    return answer;
  };

  return {
    nonce,
    share,
    sweep: nonces.sweep,
    endKey: (key) => {
      over.keys.add(nameOf(key));
      nonces.eraseKey(key);
    },
    stop: () => {
      over.all = true;
      nonces.eraseAll();
    },
    live: nonces.size,
  };
};
