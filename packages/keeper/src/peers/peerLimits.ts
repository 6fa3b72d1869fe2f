import { encodePoint, type Point } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { Clock } from "../run/clock.ts";

/** Who signed a message, verified, and what exactly it signed. */
export type PeerSender = { readonly identityKey: Point; readonly digest: Hash32 };

/**
 * How much of one kind of message an identity key may send. `once`: what was seen before is refused a second after its answer. For messages that are
 * fresh for each question, so that nobody who sends one again is who signed it.
 */
export type PeerAllowance = { readonly perHour: number; readonly atOnce: number; readonly once?: true };

/** Answers cost milliseconds of curve arithmetic and questions to the chain, so what an identity key signs is counted, by kind of message. */
export type PeerLimits = {
  /**
   * Counts a message whose signature was verified, and runs its answer. A message that was seen before counts no second time: whoever carried it could
   * have sent it again. While it is answered, and a second longer, its sender gets the same answer.
   * Throws RATE_LIMITED with `retryAfterSeconds`; INVALID_REQUEST for what is answered `once` and was.
   */
  readonly run: <Result>(
    message: { readonly kind: string; readonly sender: PeerSender; readonly allowance: PeerAllowance },
    answer: () => Promise<Result>,
  ) => Promise<Result>;
};

const HOUR_MILLISECONDS = 3_600_000;
const REPEAT_MILLISECONDS = 1_000;
/** Members of the epochs that are served, times kinds of message, and room. */
const MOST_SENDERS = 1_024;
/** Digests that are remembered of each sender and kind; of what is answered once, as many as an hour may have. */
const MOST_SEEN = 1_024;
/** Messages seen before that are answered again at the same time, of all senders together. */
const REPEATS_AT_ONCE = 8;
/** Answers that are kept to be repeated. */
const MOST_ANSWERS = 64;

type Sent = { count: number; since: number; running: number; readonly seen: Set<Hash32> };
type Given = { readonly answer: Promise<unknown>; endedAt?: number };

export const createPeerLimits = (clock: Pick<Clock, "now">): PeerLimits => {
  const senders = new Map<string, Sent>();
  const answers = new Map<string, Given>();
  let repeating = 0;

  const sentBy = (kind: string, { identityKey }: PeerSender): Sent => {
    const name = `${kind} ${bytesToHex(encodePoint(identityKey))}`;
    const now = clock.now();
    const sent = senders.get(name) ?? { count: 0, since: now, running: 0, seen: new Set() };
    if (now < sent.since || now - sent.since > HOUR_MILLISECONDS) Object.assign(sent, { count: 0, since: now });
    moveToEnd(senders, name, sent, MOST_SENDERS);
    return sent;
  };

  /** Counts the message and returns what gives its place back. */
  const take = (sent: Sent, { digest }: PeerSender, { perHour, atOnce, once }: PeerAllowance): (() => void) => {
    if (sent.seen.has(digest)) {
      if (once) throw new KeyquorumError("INVALID_REQUEST", "This message was answered before: ask with fresh bytes.");
      if (repeating >= REPEATS_AT_ONCE) throw limited(1);
      repeating += 1;
      return () => {
        repeating -= 1;
      };
    }
    if (sent.running >= atOnce) throw limited(1);
    if (sent.count >= perHour) throw limited(Math.ceil((sent.since + HOUR_MILLISECONDS - clock.now()) / 1000) + 1);
    sent.count += 1;
    sent.running += 1;
    sent.seen.add(digest);
    if (sent.seen.size > (once ? Math.max(perHour, MOST_SEEN) : MOST_SEEN)) dropFirst(sent.seen);
    return () => {
      sent.running -= 1;
    };
  };

  const isFresh = ({ endedAt }: Given): boolean => {
    const age = endedAt === undefined ? 0 : clock.now() - endedAt;
    return age >= 0 && age < REPEAT_MILLISECONDS;
  };

  return {
    run: async <Result>(
      { kind, sender, allowance }: { readonly kind: string; readonly sender: PeerSender; readonly allowance: PeerAllowance },
      answer: () => Promise<Result>,
    ): Promise<Result> => {
      const name = `${kind} ${sender.digest}`;
      const known = answers.get(name);
      if (known !== undefined && isFresh(known)) return known.answer as Promise<Result>; // safe: one kind of message has one kind of answer
      const giveBack = take(sentBy(kind, sender), sender, allowance);
      const given: Given = { answer: answer().finally(giveBack) };
      moveToEnd(answers, name, given, MOST_ANSWERS);
      try {
        const result = (await given.answer) as Result; // safe: it is what `answer` gave
        given.endedAt = clock.now();
        return result;
      } catch (error) {
        if (answers.get(name) === given) answers.delete(name);
        throw error;
      }
    },
  };
};

const limited = (retryAfterSeconds: number): KeyquorumError =>
  new KeyquorumError("RATE_LIMITED", "This keeper has answered many messages of your identity key just now.", {
    details: { retryAfterSeconds },
  });

/** Bounds a map: what was used longest ago goes first. */
const moveToEnd = <Value>(map: Map<string, Value>, name: string, value: Value, most: number): void => {
  map.delete(name);
  map.set(name, value);
  if (map.size > most) dropFirst(map);
};

const dropFirst = <Key>(bounded: { readonly keys: () => Iterator<Key>; readonly delete: (key: Key) => boolean }): void => {
  const { value, done } = bounded.keys().next();
  if (done !== true) bounded.delete(value);
};
