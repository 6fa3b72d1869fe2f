import {
  CURVE_ORDER,
  createDealing,
  DOMAINS,
  encodeDealing,
  keccakWords,
  parseDealing,
  provePossession,
  randomScalar,
  SecretScalar,
} from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { rollDice } from "../../../../test/random/dice.ts";
import type { FinishedKey } from "./finishedKey.ts";

const dice = rollDice("keeper/testing/forgedDealings");

/** Dealings that a lying node shows. Tests only. */
const SHAPE = { threshold: 1, members: 3 };
const WORD = 32;

/** Adds 1 to what is encrypted for the member at `position`: the possessions of key generation do not bind it. */
export const shiftShare = (dealing: Uint8Array, position = 1): Uint8Array => {
  const parsed = parseDealing(dealing, SHAPE);
  const encryptedShares = parsed.encryptedShares.map((share, index) => (index === position ? (share + 1n) % CURVE_ORDER : share));
  return encodeDealing({ ...parsed, encryptedShares });
};

/**
 * Dealings in the name of slot 5 that put E of `key`'s dealing of slot 1 before a recipient: sk E is the pad of what slot 1 dealt. By how they were
 * forged.
 */
export const forgedDealings = (key: Pick<FinishedKey, "sid" | "members" | "dealings">): ReadonlyMap<string, Uint8Array> => {
  const sid = hexToBytes(key.sid, WORD);
  const old = key.dealings.get(1) as Uint8Array;
  const { ephemeral, possessionOfEphemeral } = parseDealing(old, SHAPE);
  const fresh = parseDealing(createDealing({ sid, dealer: 5, threshold: 1, members: key.members }), SHAPE);
  const message = keccakWords(DOMAINS.dealing, sid, 5, keccakWords(...fresh.commitments), ephemeral);
  const guessed = provePossession(SecretScalar.from(randomScalar(dice.bytes)), message);
  const { possessionOfConstant } = fresh;
  const other = createDealing({ sid: sid.map((byte) => byte ^ 1), dealer: 5, threshold: 1, members: key.members });
  return new Map([
    ["an old E with its own proof", encodeDealing({ ...fresh, ephemeral, possessionOfConstant, possessionOfEphemeral })],
    ["an old E with somebody's proof", encodeDealing({ ...fresh, ephemeral, possessionOfConstant, possessionOfEphemeral: guessed })],
    ["another dealer's dealing", old],
    ["the dealer's dealing of another session", other],
  ]);
};
