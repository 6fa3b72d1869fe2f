/** A signer's sessions: at most so many of each coordinator, for so long, each id once. PROTOCOL section 11.4. */
import { type EcdsaDealt, type EcdsaFactors, type EcdsaPolynomials, type EcdsaShares, eraseEcdsaShares } from "@keyquorum/threshold";
import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { BootId, SigningKeeper } from "../messages.ts";
import type { SigningClock } from "../ports.ts";
import type { EcdsaRound } from "./kinds.ts";
import type { EcdsaAgreement, EcdsaDealAsk } from "./messages.ts";
import type { EcdsaRequest } from "./ports.ts";
import type { NonceOfSession } from "./rounds.ts";

/** Milliseconds after its deal, or after a presignature was taken: then a session's secrets are erased. */
export const SESSION_MILLISECONDS = 30_000;
/** How far the wall clock and the monotonic one may differ about a session's age: more, and the machine slept or was copied. */
export const CLOCK_DIFFERENCE = 5_000;
/** Live sessions of one request and coordinator: a third ends the first. */
export const SESSIONS_PER_REQUEST = 2;
/** Live sessions of a keeper, shared out among the members of its epoch. */
export const SESSIONS_PER_KEEPER = 64;
/** Sessions of one request and coordinator, whatever became of them. */
export const ATTEMPTS_PER_REQUEST = 64;
/** How many ids of sessions, and counts of attempts, are remembered. */
const REMEMBERED = 100_000;

/**
 * What a signer holds of a session. `secrets` are gone once it is over.
 *
 * `isRefused`: something in it was wrong, or not allowed: nothing more is answered but its opening. `hasAgreed`: it opens nothing. `isOpened`: it agrees to
 * nothing. Never both of the last two.
 */
export type LiveSession = {
  readonly ask: EcdsaDealAsk;
  readonly threshold: number;
  readonly isPooled: boolean;
  born: { readonly monotonic: number; readonly wall: number };
  secrets:
    | { readonly polynomials: EcdsaPolynomials; readonly own: EcdsaShares; readonly dealt: EcdsaDealt; sum: EcdsaShares | undefined }
    | undefined;
  readonly boots: Map<number, BootId>;
  /** By round: the question that was answered, and the answer. */
  readonly answers: Map<EcdsaRound, { readonly question: string; readonly answer: Promise<unknown> }>;
  /** By round: the hash of all its messages, as this keeper was shown them. */
  readonly seen: Map<EcdsaRound, Uint8Array>;
  /** By round: the content of what this keeper sent. */
  readonly sent: Map<EcdsaRound, Uint8Array>;
  request: EcdsaRequest | undefined;
  nonce: NonceOfSession | undefined;
  factors: EcdsaFactors | undefined;
  agreement: EcdsaAgreement | undefined;
  isRefused: boolean;
  hasAgreed: boolean;
  isOpened: boolean;
};

/** Overwrites a session's secrets. */
export const eraseSession = (live: LiveSession): void => {
  const { secrets } = live;
  live.secrets = undefined;
  if (secrets === undefined) return;
  secrets.polynomials.erase();
  eraseEcdsaShares(secrets.own);
  if (secrets.sum !== undefined) eraseEcdsaShares(secrets.sum);
};

export type LiveSessions = ReturnType<typeof createLiveSessions>;

export const createLiveSessions = (clock: SigningClock) => {
  const live = new Map<Hash32, LiveSession>();
  const seen = new Set<Hash32>();
  const attempts = new Map<string, number>();

  const remember = <Key>(kept: Set<Key> | Map<Key, unknown>, key: Key): void => {
    const [oldest] = kept.keys();
    if (kept.size > REMEMBERED && oldest !== undefined && oldest !== key) kept.delete(oldest);
  };
  const end = (session: Hash32): void => {
    const one = live.get(session);
    live.delete(session);
    if (one !== undefined) eraseSession(one);
  };
  const isTooOld = ({ born, isPooled, answers }: LiveSession): boolean => {
    const age = clock.monotonic() - born.monotonic;
    const difference = Math.abs(clock.wall() - born.wall - age);
    if (difference > CLOCK_DIFFERENCE) return true;
    // A presignature waits for its request: it has no age until then.
    return (!isPooled || answers.has("check")) && age > SESSION_MILLISECONDS;
  };
  /** Erases what is too old. */
  const sweep = (): void => {
    for (const [session, one] of live) if (isTooOld(one)) end(session);
  };
  const isOf = ({ slot }: SigningKeeper, { ask }: LiveSession): boolean => ask.coordinator.slot === slot;
  const holds = ({ secrets }: LiveSession): boolean => secrets !== undefined;

  return {
    sweep,
    end,
    get: (session: Hash32): LiveSession | undefined => {
      sweep();
      return live.get(session);
    },
    isAlive: (one: LiveSession): boolean => !isTooOld(one) && live.get(one.ask.session) === one,
    /** Takes an id, once. Throws SIGNING_CONFLICT. */
    enter: (session: Hash32): void => {
      if (seen.has(session)) throw new KeyquorumError("SIGNING_CONFLICT", "This session was asked for before.");
      seen.add(session);
      remember(seen, session);
    },
    /** Makes room for one more. Throws RATE_LIMITED. `members`: how many the epoch has. */
    makeRoom: (
      { requestId, coordinator, isPooled }: Pick<LiveSession, "isPooled"> & Pick<EcdsaDealAsk, "requestId" | "coordinator">,
      members: number,
      most: number,
    ): void => {
      sweep();
      const ofCoordinator = [...live.values()].filter((one) => holds(one) && isOf(coordinator, one) && one.isPooled === isPooled);
      const same = ofCoordinator.filter(({ ask }) => ask.requestId === requestId);
      const [oldest] = same;
      if (isPooled) {
        if (same.length >= most) throw new KeyquorumError("RATE_LIMITED", "Enough presignatures are held for this coordinator.");
        return;
      }
      const key = `${requestId} ${coordinator.slot}`;
      const count = (attempts.get(key) ?? 0) + 1;
      if (count > ATTEMPTS_PER_REQUEST)
        throw new KeyquorumError("RATE_LIMITED", "This request was tried often enough by this coordinator.");
      attempts.set(key, count);
      remember(attempts, key);
      // Whoever begins another attempt has given up its first.
      if (oldest !== undefined && same.length >= SESSIONS_PER_REQUEST) end(oldest.ask.session);
      else if (ofCoordinator.length >= Math.floor(SESSIONS_PER_KEEPER / members))
        throw new KeyquorumError("RATE_LIMITED", "This coordinator has too many sessions under way.");
    },
    add: (one: LiveSession): void => void live.set(one.ask.session, one),
    endEpoch: (epoch: number): void => {
      for (const [session, { ask }] of live) if (ask.epoch === epoch) end(session);
    },
    endAll: (): void => {
      for (const session of [...live.keys()]) end(session);
    },
    /** How many hold secrets. */
    size: (): number => [...live.values()].filter(holds).length,
  };
};
