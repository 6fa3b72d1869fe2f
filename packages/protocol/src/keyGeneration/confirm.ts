import {
  assembleKeyShare,
  DOMAINS,
  dealHashOf,
  encodePoint,
  type KeyShare,
  keccakWords,
  merklePath,
  type Point,
  type QualifiedDealing,
  type SecretScalar,
  verifyingLeaf,
} from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, parseHash32, type SessionId } from "@keyquorum/wire";
import { type ArmedKeyMaterial, openOwnShare } from "./complain.ts";
import { dealingBytesOf, finalQual, type ReadDealing, readDealings } from "./dealings.ts";
import type { KeyGenerationEffect, KeyShareContent } from "./effects.ts";
import type { KeyGenerationView, OwnKeyMaterial, StoredShareSummary } from "./view.ts";

/** A view in which KeyFinalized is known. */
type FinalizedView = KeyGenerationView & { readonly jointKey: Point; readonly shift: bigint };
export const isFinalized = (view: KeyGenerationView): view is FinalizedView =>
  view.qual !== 0n && view.jointKey !== undefined && view.shift !== undefined;

/** What READY confirms. PROTOCOL section 3.6. */
export const readyDigestOf = (parts: {
  readonly sid: SessionId;
  readonly jointKey: Point;
  readonly qual: bigint;
  readonly commitmentsHash: Uint8Array;
  readonly verifyingRoot: Uint8Array;
}): Hash32 =>
  asHash(keccakWords(DOMAINS.ready, hexToBytes(parts.sid, 32), parts.jointKey, parts.qual, parts.commitmentsHash, parts.verifyingRoot));

/** The stored share of exactly this result, if there is one. Another QUAL, joint key or dealing gives another share (D18). */
export const storedShareOf = (view: FinalizedView, own: OwnKeyMaterial): StoredShareSummary | undefined => {
  const dealings = dealingBytesOf(view, finalQual(view));
  if (dealings === undefined) return undefined;
  const dealingsHash = dealingsHashOf(dealings);
  const jointKey = bytesToHex(encodePoint(view.jointKey));
  return own.storedShares.find(
    (share) => share.qual === view.qual && share.dealingsHash === dealingsHash && bytesToHex(share.jointKey) === jointKey,
  );
};

/** Confirms only what is durable and final (attack 35: nobody says ready for a share that a crash or a reorg can take away). */
export const readySteps = (view: FinalizedView, own: OwnKeyMaterial, stored: StoredShareSummary): readonly KeyGenerationEffect[] => {
  if (view.status !== "AwaitingReady" || !view.finalizedIsFinal || view.readySlots.includes(own.slot)) return [];
  const { sid, qual } = view;
  const { digest, commitmentsHash, verifyingRoot } = stored;
  return [{ kind: "ready", id: `ready:${sid}:${digest}`, sid, qual, commitmentsHash, verifyingRoot, digest }];
};

/** The share of this result, to be stored as pending: at the head already, because storing harms nobody. */
export const saveShareSteps = (view: FinalizedView, own: ArmedKeyMaterial): readonly KeyGenerationEffect[] => {
  const { sid } = view;
  const dealings = readDealings(view, finalQual(view));
  if (dealings === undefined) return [];
  const opened = dealings.map((read) => ({ dealer: read.dealer, dealing: read.dealing, share: openOwnShare(view, own, read) }));
  const bad = opened.filter(({ share }) => share.kind === "invalid").map(({ dealer }) => dealer);
  const qual = opened.flatMap(({ dealer, dealing, share }) => (share.kind === "valid" ? [{ dealer, dealing, share: share.share }] : []));
  const content = bad.length > 0 ? undefined : contentOf(view, own, dealings, qual);
  for (const { share } of qual) share.erase();
  if (bad.length > 0) return [{ kind: "unready", id: `unready:${sid}`, sid, reason: "BAD_SHARES", dealers: bad }];
  // Only where the board's joint key is not the sum of its own dealings: a board that lies.
  if (content === undefined) return [{ kind: "unready", id: `unready:${sid}`, sid, reason: "RESULT_MISMATCH", dealers: [] }];
  return [{ kind: "saveShare", id: `save-share:${sid}:${content.digest}`, content }];
};

const contentOf = (
  view: FinalizedView,
  own: ArmedKeyMaterial,
  dealings: readonly ReadDealing[],
  qual: readonly (QualifiedDealing & { readonly share: SecretScalar })[],
): KeyShareContent | undefined => {
  const { sid, keyId, epoch, members, shift } = view;
  const slot = own.slot;
  const key = assembleKeyShare({ keyId: hexToBytes(keyId, 32), epoch, slot, qual, shift, members });
  const verifyingShare = key.verifyingShares.get(slot);
  if (!key.jointKey.equals(view.jointKey) || verifyingShare === undefined) {
    key.share.erase();
    return undefined;
  }
  const { commitmentsHash, verifyingRoot } = key;
  return {
    sid,
    keyId,
    epoch,
    slot,
    qual: view.qual,
    digest: readyDigestOf({ sid, jointKey: view.jointKey, qual: view.qual, commitmentsHash, verifyingRoot }),
    share: key.share,
    jointKey: encodePoint(key.jointKey),
    verifyingShare: encodePoint(verifyingShare),
    commitmentsHash: asHash(commitmentsHash),
    verifyingRoot: asHash(verifyingRoot),
    path: pathOf(view, slot, key),
    dealingsHash: dealingsHashOf(dealings.map(({ bytes }) => bytes)),
  };
};

const pathOf = ({ keyId, epoch, members }: KeyGenerationView, ownSlot: number, { verifyingShares }: KeyShare): readonly Hash32[] => {
  const id = hexToBytes(keyId, 32);
  const leaves = [...verifyingShares].map(([slot, verifyingShare]) => verifyingLeaf({ keyId: id, epoch, slot, verifyingShare }));
  const position = members.findIndex(({ slot }) => slot === ownSlot);
  return merklePath(leaves, position).map(asHash);
};

/** keccak over the deal hashes of QUAL in order. Private to this keeper: tells stored shares of different forks apart. */
const dealingsHashOf = (dealings: readonly Uint8Array[]): Hash32 => asHash(keccakWords(...dealings.map(dealHashOf)));

/** keccak gives 32 bytes. */
const asHash = (bytes: Uint8Array): Hash32 => parseHash32(bytesToHex(bytes));
