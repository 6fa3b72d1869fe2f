import {
  assembleKeyShare,
  createDealing,
  type DkgMember,
  encodePoint,
  type KeyShare,
  nobleBackend,
  openShare,
  type Point,
  parseDealing,
  randomScalar,
  SecretScalar,
} from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, type KeyId, type SessionId } from "@keyquorum/wire";
import { rollDice } from "../../../../test/random/dice.ts";

const dice = rollDice("finishedKey");

/** A key that three keepers generated, t = 1, as the board and the keeper at slot 2 have it. Tests only. */
export type FinishedKey = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly slot: number;
  readonly members: readonly DkgMember[];
  readonly dealings: ReadonlyMap<number, Uint8Array>;
  readonly unshifted: Point;
  readonly shift: bigint;
  readonly qual: bigint;
  readonly own: KeyShare;
  /** Every member's share, by slot. */
  readonly shares: ReadonlyMap<number, SecretScalar>;
  /** 32 bytes: the keeper's encryption secret of the epoch. */
  readonly encryptionSecret: Uint8Array;
};

const SLOTS = [1, 2, 5];
const OWN_SLOT = 2;
const THRESHOLD = 1;

export const createFinishedKey = (): FinishedKey => {
  const sid = `0x${"5d".repeat(32)}` as SessionId;
  const keyId = `0x${"ce".repeat(32)}` as KeyId;
  const secrets = new Map(SLOTS.map((slot) => [slot, SecretScalar.from(randomScalar(dice.bytes))]));
  const members = SLOTS.map((slot) => ({ slot, encryptionKey: nobleBackend.mulG((secrets.get(slot) as SecretScalar).reveal()) }));
  const dealings = new Map(SLOTS.map((dealer) => [dealer, createDealing({ sid: hexToBytes(sid), dealer, threshold: THRESHOLD, members })]));
  const shift = randomScalar(dice.bytes);
  const keyShareOf = (slot: number): KeyShare => {
    const encryptionSecret = secrets.get(slot) as SecretScalar;
    const qual = SLOTS.map((dealer) => {
      const dealing = parseDealing(dealings.get(dealer) as Uint8Array, { threshold: THRESHOLD, members: SLOTS.length });
      const opened = openShare({ sid: hexToBytes(sid), dealer, recipient: slot, encryptionSecret, members, dealing });
      if (opened.kind === "invalid") throw new Error("an honest dealing opens");
      return { dealer, dealing, share: opened.share };
    });
    return assembleKeyShare({ keyId: hexToBytes(keyId), epoch: 1, slot, qual, shift, members });
  };
  const own = keyShareOf(OWN_SLOT);
  const unshifted = own.jointKey.subtract(nobleBackend.mulG(shift));
  return {
    sid,
    keyId,
    epoch: 1,
    slot: OWN_SLOT,
    members,
    dealings,
    unshifted,
    shift,
    qual: 0b100110n,
    own,
    shares: new Map(SLOTS.map((slot) => [slot, keyShareOf(slot).share])),
    encryptionSecret: (secrets.get(OWN_SLOT) as SecretScalar).toBytes(),
  };
};

/** The record of the keeper's share as its vault keeps it. */
export const shareRecordOf = ({ sid, keyId, epoch, slot, qual, own }: FinishedKey) => ({
  sid,
  keyId,
  epoch,
  slot,
  qual,
  digest: bytesToHex(new Uint8Array(32).fill(0xd1)) as KeyId,
  share: own.share.toBytes(),
  jointKey: encodePoint(own.jointKey),
  verifyingShare: encodePoint(own.verifyingShares.get(slot) as Point),
  commitmentsHash: bytesToHex(own.commitmentsHash) as KeyId,
  verifyingRoot: bytesToHex(own.verifyingRoot) as KeyId,
  path: [],
  dealingsHash: bytesToHex(new Uint8Array(32)) as KeyId,
});
