import { utf8ToBytes } from "@noble/hashes/utils.js";
import { assertBytes } from "./bytes.ts";
import { ThresholdError } from "./errors.ts";
import { keyedStream, uint } from "./keyedStream.ts";
import { drawBytes, type RandomSource } from "./random.ts";
import type { SecretScalar } from "./secret.ts";

declare const HEDGED: unique symbol;

/** Secret bytes for one use. Only a `NonceSource` makes one, so that who asks for this type cannot be given a bare random source. */
export type HedgedRandom = RandomSource & { readonly [HEDGED]: true };

/** What the bytes are drawn for: one word for each kind of thing that is made of them. */
export type NoncePurpose =
  | "dealing"
  | "reshare-dealing"
  | "complaint"
  | "epoch-key"
  | "epoch-key-possession"
  | "repair-key"
  | "share-answer"
  | "identity-key"
  | "client"
  | "bulk-task"
  | "ecdsa-deal"
  | "ecdsa-session"
  | "signing-nonce"
  | "signing-question"
  | `extension:${string}`;

/**
 * One use. `session` names it among all of its purpose (a session, a request, an epoch); `statement` is what is proved, signed or dealt, where the
 * session does not fix it; `secret` is what the bytes protect: with it in, they cannot be made again once it is erased.
 */
export type NonceUse = {
  readonly purpose: NoncePurpose;
  readonly session: Uint8Array;
  readonly statement?: Uint8Array;
  readonly secret?: SecretScalar;
};

/** The only source of nonces, polynomials and keys. Every call is another use, with bytes of its own. PROTOCOL section 1.5. */
export type NonceSource = (use: NonceUse) => HedgedRandom;

/** Tells the lives of one key apart. `count` is durable and never goes back by itself; `id` are 16 bytes drawn when the life began. Public. */
export type Boot = { readonly id: Uint8Array; readonly count: number };

/**
 * A hedged source: HMAC-SHA256 under a stored secret key, over purpose, session, statement, the secret in use, boot, attempt and 32 fresh bytes.
 * With good randomness the key adds nothing; with a source that repeats itself no two uses share bytes, because attempt, boot, session or
 * statement differ. `key`: 32 bytes, secret, of this keeper alone. Throws INVALID_BYTES; each use throws INVALID_RANDOM, ERASED_SECRET.
 * PROTOCOL section 1.5.
 */
export function createNonceSource(options: { readonly key: Uint8Array; readonly boot: Boot; readonly random: RandomSource }): NonceSource {
  const { boot, random } = options;
  assertBytes(options.key, 32, "nonce key");
  assertBytes(boot.id, 16, "boot id");
  const key = Uint8Array.from(options.key);
  const life = [boot.id, uint(BigInt(boot.count), 8)];
  let attempts = 0n;
  return ({ purpose, session, statement, secret }) => {
    const held = secret?.toBytes() ?? new Uint8Array(0);
    const about = [utf8ToBytes(purpose), session, statement ?? new Uint8Array(0), held];
    const source = keyedStream(key, [...about, ...life, uint(attempts++, 8), drawBytes(random, 32)]);
    held.fill(0);
    return source as HedgedRandom; // true: this is where they are made
  };
}

/** The nonces of one computation, until it is over. Erase it then: later uses throw ERASED_SECRET. */
export type SubSource = { readonly nonces: NonceSource; readonly erase: () => void };

/**
 * A source for one computation in another thread, under a key that a hedged source drew for that computation alone (purpose "bulk-task"): the key brings
 * life, attempt and fresh bytes; purpose, session, statement and the secret in use are bound again here, and uses are counted. Draws from no source
 * of its own. `key`: 32 bytes, secret; copied, the caller erases its own. Throws INVALID_BYTES. PROTOCOL section 1.5.
 */
export function createSubSource(key: Uint8Array): SubSource {
  assertBytes(key, 32, "nonce key");
  const held = Uint8Array.from(key);
  let uses = 0n;
  let isErased = false;
  return {
    nonces: ({ purpose, session, statement, secret }) => {
      if (isErased) throw new ThresholdError("ERASED_SECRET", "These nonces were for one computation, which is over.");
      const inUse = secret?.toBytes() ?? new Uint8Array(0);
      const about = [utf8ToBytes("computation"), utf8ToBytes(purpose), session, statement ?? new Uint8Array(0), inUse, uint(uses++, 8)];
      const source = keyedStream(held, about);
      inUse.fill(0);
      return source as HedgedRandom; // true: its key was drawn by one
    },
    erase: () => {
      isErased = true;
      held.fill(0);
    },
  };
}
