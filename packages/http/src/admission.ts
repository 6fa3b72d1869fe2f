import { KeyquorumError } from "@keyquorum/wire";
import { type AddressStanding, createAddressRecords } from "./addressRecords.ts";
import { createFairQueue } from "./fairQueue.ts";

/** Lets few requests at a time through to work that is dear, whoever was answered lately first. */
export type Admission = {
  /**
   * Waits for the request's turn, then does its work. Throws RATE_LIMITED with `retryAfterSeconds` where the queue is full or the turn does not come in
   * time; whatever the work throws.
   */
  readonly run: <Result>(request: AdmittedRequest, work: () => Promise<Result>) => Promise<Result>;
  /** How many requests wait. */
  readonly waiting: () => number;
};

export type AdmittedRequest = {
  /** Who shares a turn: `addressGroupOf` of the remote address. */
  readonly address: string;
  /** Milliseconds, by the clock: later its answer is worth nothing. */
  readonly until: number;
};

export type AdmissionLimits = {
  /** How many requests are worked on at once, of addresses that stand so; the first is also the limit of all together. */
  readonly atOnce: Readonly<Record<AddressStanding, number>>;
  /** Of one address that stands so: requests that take long hold no more places than that. */
  readonly atOncePerAddress: Readonly<Record<AddressStanding, number>>;
  readonly maxWaiting: number;
  readonly maxWaitingPerAddress: number;
  readonly maxWaitMilliseconds: number;
  /** Addresses whose record is remembered. */
  readonly maxRecords: number;
};

/** Few enough that the next request of a good address does not wait behind a flood, many enough to wait for a chain together. */
export const ADMISSION_LIMITS: AdmissionLimits = {
  atOnce: { good: 32, unknown: 16, bad: 2 },
  atOncePerAddress: { good: 32, unknown: 8, bad: 2 },
  maxWaiting: 512,
  maxWaitingPerAddress: 256,
  maxWaitMilliseconds: 1_500,
  maxRecords: 4_096,
};

/** After so many requests of others in a row, one that stands like this goes first: a flood of the good starves nobody. */
const TURN_AFTER: Readonly<Record<AddressStanding, number>> = { good: 0, unknown: 4, bad: 16 };
const BY_STANDING = ["good", "unknown", "bad"] as const;

/** `sleep` resolves early, or rejects, when its signal aborts. */
export type AdmissionClock = {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
};

type Place = { readonly address: string; readonly begin: (standing: AddressStanding) => void; readonly giveUp: () => void };

export const createAdmission = (options: {
  readonly clock: AdmissionClock;
  readonly limits?: AdmissionLimits;
  /** Called with the number of waiting requests when it changes. */
  readonly onWaiting?: (waiting: number) => void;
  /** Whether what the work threw speaks against the address. Default: errors of the protocol that are not worth another try. */
  readonly isRefusal?: (error: unknown) => boolean;
}): Admission => {
  const { clock, limits = ADMISSION_LIMITS, onWaiting = () => undefined, isRefusal = isFinalError } = options;
  const records = createAddressRecords({ now: clock.now, most: limits.maxRecords });
  const queue = createFairQueue<Place>(onWaiting);
  const working = { good: 0, unknown: 0, bad: 0 };
  const workingOf = new Map<string, number>();
  const countWorking = (address: string, by: 1 | -1): void => {
    const count = (workingOf.get(address) ?? 0) + by;
    if (count === 0) workingOf.delete(address);
    else workingOf.set(address, count);
  };
  const passedOver = { good: 0, unknown: 0, bad: 0 };

  const mayBegin = (standing: AddressStanding): boolean =>
    working[standing] < limits.atOnce[standing] && working.good + working.unknown + working.bad < limits.atOnce.good;

  const pump = (): void => {
    for (;;) {
      const waiting = BY_STANDING.filter((standing) => mayBegin(standing) && queue.first(isOf(standing)) !== undefined);
      const chosen = waiting.findLast((standing) => standing !== "good" && passedOver[standing] >= TURN_AFTER[standing]) ?? waiting[0];
      if (chosen === undefined) return;
      for (const standing of waiting) passedOver[standing] = standing === chosen ? 0 : passedOver[standing] + 1;
      const place = queue.take(isOf(chosen));
      if (place === undefined) return;
      working[chosen] += 1;
      countWorking(place.address, 1);
      place.begin(chosen);
    }
  };
  const isOf =
    (standing: AddressStanding) =>
    (address: string): boolean =>
      records.standingOf(address) === standing && (workingOf.get(address) ?? 0) < limits.atOncePerAddress[standing];

  /**
   * Makes room in a full queue: of whoever stands worst, and of these of whoever has most waiting, the request that came last gives up. False: nobody
   * stands worse than this address, or stands alike and has more waiting.
   */
  const displaceFor = (address: string): boolean => {
    const rankOf = (other: string): number => BY_STANDING.indexOf(records.standingOf(other));
    const rank = rankOf(address);
    const others = queue.addresses().filter((other) => rankOf(other) >= rank);
    const [worst] = others.toSorted((a, b) => rankOf(b) - rankOf(a) || queue.lengthOf(b) - queue.lengthOf(a));
    if (worst === undefined) return false;
    if (rankOf(worst) === rank && queue.lengthOf(worst) <= queue.lengthOf(address) + 1) return false;
    queue.takeLast(worst)?.giveUp();
    return true;
  };

  /** Resolves when the request's turn comes. */
  const turn = async ({ address, until }: AdmittedRequest): Promise<AddressStanding> => {
    if (queue.lengthOf(address) >= limits.maxWaitingPerAddress) throw tooMany();
    if (queue.length() >= limits.maxWaiting && !displaceFor(address)) throw tooMany();
    let [begin, giveUp]: [Place["begin"], () => void] = [() => undefined, () => undefined];
    const begun = new Promise<AddressStanding>((resolve, reject) => {
      begin = resolve;
      giveUp = () => reject(tooMany());
    });
    const place: Place = { address, begin, giveUp };
    queue.add(address, place);
    pump();
    if (!queue.holds(address, place)) return begun;
    const stopWaiting = new AbortController();
    const tooLong = clock.sleep(Math.min(limits.maxWaitMilliseconds, Math.max(0, until - clock.now())), stopWaiting.signal);
    const isOver = await Promise.race([begun.then(() => false), tooLong.then(() => true)]).finally(() => stopWaiting.abort());
    if (isOver && queue.remove(address, place)) throw tooMany();
    return begun;
  };

  return {
    waiting: queue.length,
    run: async (request, work) => {
      const standing = await turn(request);
      try {
        const result = await work();
        records.note(request.address, "answered");
        return result;
      } catch (error) {
        if (isRefusal(error)) records.note(request.address, "refused");
        throw error;
      } finally {
        working[standing] -= 1;
        countWorking(request.address, -1);
        pump();
      }
    },
  };
};

const isFinalError = (error: unknown): boolean => error instanceof KeyquorumError && !error.retryable;

const RETRY_AFTER_SECONDS = 2;

const tooMany = (): KeyquorumError =>
  new KeyquorumError("RATE_LIMITED", "Too many requests are waiting.", { details: { retryAfterSeconds: RETRY_AFTER_SECONDS } });
