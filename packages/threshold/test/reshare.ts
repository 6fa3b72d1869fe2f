// Alice's network, moved to another committee: what each old member deals and each new one makes of it.
import {
  assembleResharedShare,
  createReshareDealing,
  type Dealing,
  type KeyShare,
  openShare,
  type Point,
  parseDealing,
  type SecretScalar,
} from "../src/index.ts";
import { KEY_ID, keyPair, type Network, name32, network, seededRandom } from "./fixtures.ts";

export const NEW_EPOCH = 2;

/** Every old member deals; `qualOf` and `keyShareOf` take the first t+1 unless told otherwise. */
export function reshareOf({
  from = network(),
  slots = [1, 3, 4, 6, 7],
  threshold = 2,
  seed = "reshare",
}: {
  readonly from?: Network;
  readonly slots?: readonly number[];
  readonly threshold?: number;
  readonly seed?: string;
}) {
  const sid = name32(`${seed}/sid`);
  const oldSlots = from.committee.members.map(({ slot }) => slot);
  const oldShareOf = (slot: number): SecretScalar => (from.shares[oldSlots.indexOf(slot)] as KeyShare).share;
  const oldVerifyingShareOf = (slot: number): Point => from.shares[0]?.verifyingShares.get(slot) as Point;
  const pairs = slots.map((slot) => keyPair(`${seed}/new keeper ${slot}`));
  const secrets = pairs.map(({ secret }) => secret);
  const members = pairs.map(({ publicKey }, i) => ({ slot: slots[i] as number, encryptionKey: publicKey }));
  const secretOf = (slot: number): SecretScalar => secrets[slots.indexOf(slot)] as SecretScalar;
  const shape = { threshold, members: slots.length };
  const toDeal = (dealer: number) => ({ sid, dealer, share: oldShareOf(dealer), threshold, recipients: members });
  const bytes = oldSlots.map((dealer) => createReshareDealing(toDeal(dealer), seededRandom(`${seed}/dealer ${dealer}`)));
  const bytesOf = (dealer: number): Uint8Array => bytes[oldSlots.indexOf(dealer)] as Uint8Array;
  const dealings = bytes.map((dealt) => parseDealing(dealt, shape));
  const dealingOf = (dealer: number): Dealing => dealings[oldSlots.indexOf(dealer)] as Dealing;
  const toOpen = (dealer: number, recipient: number, dealing = dealingOf(dealer)) => ({
    sid, dealer, recipient, encryptionSecret: secretOf(recipient), members, dealing,
  }); // biome-ignore format: one list
  const q = oldSlots.slice(0, from.committee.threshold + 1);
  const qualOf = (slot: number, dealers: readonly number[] = q) =>
    dealers.map((dealer) => {
      const opened = openShare(toOpen(dealer, slot));
      if (opened.kind === "invalid") throw new Error(`dealer ${dealer} dealt a wrong share to ${slot}`);
      return { dealer, dealing: dealingOf(dealer), share: opened.share };
    });
  const toAssemble = (slot: number, dealers: readonly number[] = q) => ({
    keyId: KEY_ID, epoch: NEW_EPOCH, jointKey: from.jointKey, slot, qual: qualOf(slot, dealers), members,
  }); // biome-ignore format: one list
  const keyShareOf = (slot: number, dealers: readonly number[] = q): KeyShare => assembleResharedShare(toAssemble(slot, dealers));
  /** The network in its new epoch, for answers and for the next reshare. */
  const moved = (dealers: readonly number[] = q): Network => ({
    committee: { sid, threshold, secrets, members, bytes, dealings },
    shares: slots.map((slot) => keyShareOf(slot, dealers)),
    jointKey: from.jointKey,
  });
  return {
    sid, oldSlots, oldShareOf, oldVerifyingShareOf, slots, threshold, members, secretOf, shape, bytesOf, dealingOf, toDeal, toOpen, q,
    qualOf, toAssemble, keyShareOf, moved,
  }; // biome-ignore format: one list
}
