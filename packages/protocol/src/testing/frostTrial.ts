/** A few keepers that sign, with clocks that stand still until they are moved: for one step at a time. */
import { bytesToHex, type Hash32 } from "@keyquorum/wire";
import type { NonceAsk, NonceMessage, ShareAsk, ShareMessage } from "../signing/messages.ts";
import type { SigningRequest } from "../signing/ports.ts";
import { nonceQuestion, shareQuestion } from "./frostCoordinatorMalice.ts";
import { createFrostNode, createSigningKey, createSigningKeyring, type FrostNode } from "./frostNode.ts";
import { createDice } from "./random.ts";

export const createFrostTrial = ({
  slots = [1, 3, 5],
  threshold = 1,
  seed = 1,
}: {
  readonly slots?: readonly number[];
  readonly threshold?: number;
  readonly seed?: number;
} = {}) => {
  const dice = createDice(seed);
  const time = { monotonic: 1_000_000, wall: 1_700_000_000_000 };
  const keyring = createSigningKeyring();
  const key = createSigningKey(dice, slots, threshold);
  const requests = Array.from({ length: 300 }, (_, i) => key.requestFor(i));
  const nodes = slots.map((slot) =>
    createFrostNode({
      ...{ slot, members: slots, keyring, shareAt: key.shareAt, requests, dice },
      clock: { monotonic: () => time.monotonic, wall: () => time.wall },
    }),
  );
  const at = (slot: number): FrostNode => {
    const node = nodes.find((one) => one.slot === slot);
    if (node === undefined) throw new RangeError("a member");
    return node;
  };
  const request = requests[0] as SigningRequest;
  const freshId = (): Hash32 => bytesToHex(dice.bytes(32)) as Hash32;
  const askNonce = (from: number, to: number, about = request, askId = freshId()): NonceAsk => nonceQuestion(at(from), about, to, askId);
  const nonceOf = (to: number, from = 1, about = request): Promise<NonceMessage> => at(to).signer.nonce(askNonce(from, to, about));
  const askShare = (from: number, nonces: readonly NonceMessage[], about = request): ShareAsk => shareQuestion(at(from), about, nonces);

  return {
    dice,
    time,
    keyring,
    key,
    requests,
    request,
    nodes,
    at,
    freshId,
    askNonce,
    nonceOf,
    askShare,
    /** Lets both clocks go on. */
    pass: (milliseconds: number): void => {
      time.monotonic += milliseconds;
      time.wall += milliseconds;
    },
    /** Commitments of these signers, for one coordinator. */
    noncesOf: (signers: readonly number[], from = 1): Promise<NonceMessage[]> => Promise.all(signers.map((slot) => nonceOf(slot, from))),
    shareOf: (to: number, ask: ShareAsk): Promise<ShareMessage> => at(to).signer.share(ask),
  };
};
