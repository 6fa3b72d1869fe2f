/** Nonces that were shown and not taken yet: in memory only, few, and not for long. PROTOCOL section 10.3. */
import type { SigningNonces } from "@keyquorum/threshold";
import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { NonceAsk, NonceMessage, SigningKeeper } from "../messages.ts";
import type { SigningClock, SigningRequest } from "../ports.ts";

/** Milliseconds from the moment a nonce is drawn: then it is erased, taken or not. */
export const NONCE_LIFETIME = 10_000;
/** Milliseconds by which two clocks may disagree about a nonce's age: beyond, the machine stood still, or is a copy. */
export const CLOCK_DISAGREEMENT = 5_000;
/** Live nonces of one request and coordinator, of one keeper, and how many one coordinator is ever given for a request. */
export const NONCES_PER_COORDINATOR = 4;
export const NONCES_PER_KEEPER = 1_024;
export const NONCES_PER_REQUEST = 64;

export type LiveNonce = {
  readonly nonceId: Hash32;
  /** Whose question drew it; undefined where it came beside a share. */
  readonly askId: Hash32 | undefined;
  readonly message: NonceMessage;
  readonly request: SigningRequest;
  readonly nonces: SigningNonces;
  readonly drawn: { readonly monotonic: number; readonly wall: number };
};

/** A key as the members of one epoch have it. */
export type KeyInEpoch = Pick<SigningRequest, "keyId" | "epoch">;

/** For whom a nonce is drawn. `members`: how many the epoch has. */
export type NonceFor = { readonly requestId: Hash32; readonly coordinator: SigningKeeper; readonly members: number };

export type LiveNonces = ReturnType<typeof createLiveNonces>;

export const createLiveNonces = (clock: SigningClock) => {
  const live = new Map<Hash32, LiveNonce>();
  /** By request and coordinator, in all its lives, whose number is its own word: how many were drawn. The oldest is forgotten first. */
  const drawn = new Map<string, number>();
  const pairOf = ({ requestId, coordinator }: Pick<NonceFor, "requestId" | "coordinator">): string => `${requestId} ${coordinator.slot}`;

  /** Whether it may still be used. A clock that went back is a disagreement, too. */
  const isAlive = ({ drawn: at }: LiveNonce): boolean => {
    const [monotonic, wall] = [clock.monotonic() - at.monotonic, clock.wall() - at.wall];
    return monotonic >= 0 && monotonic < NONCE_LIFETIME && Math.abs(wall - monotonic) <= CLOCK_DISAGREEMENT;
  };
  const erase = (one: LiveNonce): void => {
    one.nonces.erase();
    live.delete(one.nonceId);
  };
  const eraseWhere = (isMeant: (one: LiveNonce) => boolean): void => {
    for (const one of [...live.values()]) if (isMeant(one)) erase(one);
  };
  const sweep = (): void => eraseWhere((one) => !isAlive(one));
  const ofCoordinator = (slot: number): readonly LiveNonce[] =>
    [...live.values()].filter(({ message }) => message.coordinator.slot === slot);

  /** The limit that is reached, or undefined. */
  const limitOf = ({ requestId, coordinator, members }: NonceFor): number | undefined => {
    const own = ofCoordinator(coordinator.slot);
    const perSlot = Math.floor(NONCES_PER_KEEPER / Math.max(members, 1));
    if (own.filter(({ message }) => message.requestId === requestId).length >= NONCES_PER_COORDINATOR) return NONCES_PER_COORDINATOR;
    if (own.length >= perSlot || live.size >= NONCES_PER_KEEPER) return perSlot;
    return (drawn.get(pairOf({ requestId, coordinator })) ?? 0) >= NONCES_PER_REQUEST ? NONCES_PER_REQUEST : undefined;
  };

  return {
    isAlive,
    sweep,
    limitOf,
    /** Throws RATE_LIMITED. A coordinator's nonces of an earlier life are erased first: nobody can use them. */
    assertRoom: (of: NonceFor): void => {
      sweep();
      eraseWhere(({ message: { coordinator } }) => coordinator.slot === of.coordinator.slot && coordinator.boot !== of.coordinator.boot);
      const limit = limitOf(of);
      if (limit !== undefined)
        throw new KeyquorumError("RATE_LIMITED", "This keeper holds no more signing nonces for this coordinator.", { details: { limit } });
    },
    add: (one: LiveNonce): void => {
      live.set(one.nonceId, one);
      const pair = pairOf(one.message);
      const count = (drawn.get(pair) ?? 0) + 1;
      drawn.delete(pair);
      drawn.set(pair, count);
      const [oldest] = drawn.keys();
      if (drawn.size > NONCES_PER_KEEPER && oldest !== undefined) drawn.delete(oldest);
    },
    /** The nonce that the same question drew before, while it is alive. */
    askedBefore: ({ requestId, epoch, askId, coordinator }: NonceAsk): LiveNonce | undefined =>
      ofCoordinator(coordinator.slot).find(
        (one) =>
          one.askId === askId &&
          one.message.requestId === requestId &&
          one.message.epoch === epoch &&
          one.message.coordinator.boot === coordinator.boot,
      ),
    find: (nonceId: Hash32): LiveNonce | undefined => live.get(nonceId),
    /** No longer live: whoever took it uses it now or never. */
    take: (one: LiveNonce): void => {
      live.delete(one.nonceId);
    },
    erase,
    eraseKey: ({ keyId, epoch }: KeyInEpoch): void => eraseWhere(({ request }) => request.keyId === keyId && request.epoch === epoch),
    eraseAll: (): void => eraseWhere(() => true),
    size: (): number => live.size,
  };
};
