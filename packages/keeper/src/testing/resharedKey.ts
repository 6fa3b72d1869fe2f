import {
  assembleResharedShare,
  createReshareDealing,
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
import { bytesToHex, hexToBytes, type KeyId, type SessionId, slotsOf } from "@keyquorum/wire";
import { rollDice } from "../../../../test/random/dice.ts";
import type { FinishedKey } from "./finishedKey.ts";

const dice = rollDice("resharedKey");

/** A finished key that moved to the next epoch, t' = 1, as the board and the keeper at `slot` have it. Tests only. */
export type ResharedKey = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  readonly fromEpoch: number;
  readonly epoch: number;
  readonly slot: number;
  readonly threshold: number;
  readonly members: readonly DkgMember[];
  /** Of all old members, by dealer. */
  readonly dealings: ReadonlyMap<number, Uint8Array>;
  /** Q: the first two old members. */
  readonly qual: bigint;
  readonly own: KeyShare;
  /** Every new member's share, by slot. */
  readonly shares: ReadonlyMap<number, SecretScalar>;
  /** 32 bytes: the keeper's encryption secret of the new epoch. */
  readonly encryptionSecret: Uint8Array;
};

const THRESHOLD = 1;
const NEW_SLOTS = [2, 5, 7];

/** By default slot 1 leaves and slot 7 joins; the keeper is slot 2, which stays. */
export const createResharedKey = (old: FinishedKey, slot = 2): ResharedKey => {
  const { keyId } = old;
  const epoch = old.epoch + 1;
  const sid = `0x${"5e".repeat(32)}` as SessionId;
  const secrets = new Map(NEW_SLOTS.map((member) => [member, SecretScalar.from(randomScalar(dice.bytes))]));
  const members = NEW_SLOTS.map((member) => ({
    slot: member,
    encryptionKey: nobleBackend.mulG((secrets.get(member) as SecretScalar).reveal()),
  }));
  const deal = (dealer: number, share: SecretScalar): Uint8Array =>
    createReshareDealing({ sid: hexToBytes(sid), dealer, share, threshold: THRESHOLD, recipients: members });
  const dealings = new Map([...old.shares].map(([dealer, share]) => [dealer, deal(dealer, share)]));
  const qual = 0b110n;
  const keyShareOf = (member: number): KeyShare => {
    const encryptionSecret = secrets.get(member) as SecretScalar;
    const opened = slotsOf(qual).map((dealer) => {
      const dealing = parseDealing(dealings.get(dealer) as Uint8Array, { threshold: THRESHOLD, members: members.length });
      const share = openShare({ sid: hexToBytes(sid), dealer, recipient: member, encryptionSecret, members, dealing });
      if (share.kind === "invalid") throw new Error("an honest dealing opens");
      return { dealer, dealing, share: share.share };
    });
    return assembleResharedShare({ keyId: hexToBytes(keyId), epoch, slot: member, jointKey: old.own.jointKey, qual: opened, members });
  };
  const own = keyShareOf(slot);
  return {
    ...{ sid, keyId, fromEpoch: old.epoch, epoch, slot, threshold: THRESHOLD, members, dealings, qual, own },
    shares: new Map(NEW_SLOTS.map((member) => [member, keyShareOf(member).share])),
    encryptionSecret: (secrets.get(slot) as SecretScalar).toBytes(),
  };
};

/** The record of the keeper's new share as its vault keeps it. */
export const resharedRecordOf = ({ sid, keyId, epoch, slot, qual, own }: ResharedKey) => ({
  sid,
  keyId,
  epoch,
  slot,
  qual,
  digest: bytesToHex(new Uint8Array(32).fill(0xd2)) as KeyId,
  share: own.share.toBytes(),
  jointKey: encodePoint(own.jointKey),
  verifyingShare: encodePoint(own.verifyingShares.get(slot) as Point),
  commitmentsHash: bytesToHex(own.commitmentsHash) as KeyId,
  verifyingRoot: bytesToHex(own.verifyingRoot) as KeyId,
  path: [],
  dealingsHash: bytesToHex(new Uint8Array(32)) as KeyId,
});
