import {
  dealHashOf,
  encodePoint,
  type KeyPublic,
  type KeyShare,
  keccakWords,
  merklePath,
  type OpenedDealing,
  verifyingLeaf,
} from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, parseHash32 } from "@keyquorum/wire";
import type { ArmedMaterial } from "./armed.ts";
import { openOwnShare } from "./complain.ts";
import { dealingBytesOf, finalQual, type ReadDealing, readDealings } from "./dealings.ts";
import type { KeyShareContent, Ready, SaveShare, Unready } from "./effects.ts";
import type { FixedView, OwnSessionMaterial, SessionView, StoredShareSummary } from "./view.ts";

/** The stored share of exactly this result, if there is one. Another QUAL, joint key or dealing gives another share (D18). */
export const storedShareOf = (view: FixedView, own: OwnSessionMaterial): StoredShareSummary | undefined => {
  const dealings = dealingBytesOf(view, finalQual(view));
  if (dealings === undefined) return undefined;
  const dealingsHash = dealingsHashOf(dealings);
  const jointKey = bytesToHex(encodePoint(view.jointKey));
  return own.storedShares.find(
    (share) => share.qual === view.qual && share.dealingsHash === dealingsHash && bytesToHex(share.jointKey) === jointKey,
  );
};

/** Confirms only what is durable and final (attack 35: nobody says ready for a share that a crash or a reorg can take away). */
export const readySteps = (
  view: SessionView,
  own: OwnSessionMaterial,
  stored: StoredShareSummary,
  isFixedFinally: boolean,
): readonly Ready[] => {
  if (view.status !== "AwaitingReady" || !isFixedFinally || view.readySlots.includes(own.slot)) return [];
  if (view.absentSlots.includes(own.slot)) return []; // its account was stolen: it holds its share, and has no voice
  const { sid, qual } = view;
  const { digest, commitmentsHash, verifyingRoot } = stored;
  return [{ kind: "ready", id: `ready:${sid}:${digest}`, sid, qual, commitmentsHash, verifyingRoot, digest }];
};

/** How a kind of session makes a share of the dealings that count, and what READY confirms of it. */
export type ShareMaking = {
  /** undefined where the dealings do not add up to the board's key. */
  readonly assemble: (slot: number, qual: readonly OpenedDealing[]) => KeyShare | undefined;
  readonly digestOf: (key: KeyPublic) => Hash32;
};

/** The share of this result, to be stored as pending: at the head already, because storing harms nobody. */
export const saveShareSteps = (view: FixedView, own: ArmedMaterial, making: ShareMaking): readonly (SaveShare | Unready)[] => {
  const { sid } = view;
  const dealings = readDealings(view, finalQual(view));
  if (dealings === undefined) return [];
  const opened = dealings.map((read) => ({ dealer: read.dealer, dealing: read.dealing, share: openOwnShare(view, own, read) }));
  const bad = opened.filter(({ share }) => share.kind === "invalid").map(({ dealer }) => dealer);
  const qual = opened.flatMap(({ dealer, dealing, share }) => (share.kind === "valid" ? [{ dealer, dealing, share: share.share }] : []));
  const content = bad.length > 0 ? undefined : contentOf(view, own, making, dealings, qual);
  for (const { share } of qual) share.erase();
  if (bad.length > 0) return [{ kind: "unready", id: `unready:${sid}`, sid, reason: "BAD_SHARES", dealers: bad }];
  // Only where the board's joint key is not the sum of its own dealings: a board that lies.
  if (content === undefined) return [{ kind: "unready", id: `unready:${sid}`, sid, reason: "RESULT_MISMATCH", dealers: [] }];
  return [{ kind: "saveShare", id: `save-share:${sid}:${content.digest}`, content }];
};

const contentOf = (
  view: FixedView,
  own: ArmedMaterial,
  making: ShareMaking,
  dealings: readonly ReadDealing[],
  qual: readonly OpenedDealing[],
): KeyShareContent | undefined => {
  const { sid, keyId, epoch } = view;
  const slot = own.slot;
  const key = making.assemble(slot, qual);
  const verifyingShare = key?.verifyingShares.get(slot);
  if (key === undefined || !key.jointKey.equals(view.jointKey) || verifyingShare === undefined) {
    key?.share.erase();
    return undefined;
  }
  return {
    sid,
    keyId,
    epoch,
    slot,
    qual: view.qual,
    digest: making.digestOf(key),
    share: key.share,
    jointKey: encodePoint(key.jointKey),
    verifyingShare: encodePoint(verifyingShare),
    commitmentsHash: asHash(key.commitmentsHash),
    verifyingRoot: asHash(key.verifyingRoot),
    path: pathOf(view, slot, key),
    dealingsHash: dealingsHashOf(dealings.map(({ bytes }) => bytes)),
  };
};

const pathOf = ({ keyId, epoch, members }: SessionView, ownSlot: number, { verifyingShares }: KeyShare): readonly Hash32[] => {
  const id = hexToBytes(keyId, 32);
  const leaves = [...verifyingShares].map(([slot, verifyingShare]) => verifyingLeaf({ keyId: id, epoch, slot, verifyingShare }));
  const position = members.findIndex(({ slot }) => slot === ownSlot);
  return merklePath(leaves, position).map(asHash);
};

/** keccak over the deal hashes of QUAL in order. Private to this keeper: tells stored shares of different forks apart. */
export const dealingsHashOf = (dealings: readonly Uint8Array[]): Hash32 => asHash(keccakWords(...dealings.map(dealHashOf)));

/** keccak gives 32 bytes. */
export const asHash = (bytes: Uint8Array): Hash32 => parseHash32(bytesToHex(bytes));
