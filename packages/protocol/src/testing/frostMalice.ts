/** What a signer that is not honest makes of its honest answers. Each is altered after the honest computation, and signed by its own key. */
import { encodePoint, encodeScalar, nobleBackend, randomScalar } from "@keyquorum/threshold";
import { KeyquorumError } from "@keyquorum/wire";
import { integerOf } from "../signing/frost/judge.ts";
import { attemptOf, commitmentOf, nonceIdOf, nonceStatement, packageHashOf, shareStatement } from "../signing/frost/statements.ts";
import type { FrostAnswers, NonceMessage, ShareAsk, ShareMessage } from "../signing/messages.ts";
import type { FrostNode } from "./frostNode.ts";
import type { Dice } from "./random.ts";
import type { VirtualTime } from "./virtualTime.ts";

export const FROST_MALICES = [
  "silent",
  "silentShare",
  "slow",
  "refuses",
  "wrongShare",
  "wrongCommitment",
  "copiedCommitment",
  "brokenPoint",
  "badSignature",
  "replays",
  "gone",
  "otherNext",
  "noNext",
] as const;
export type FrostMalice = (typeof FROST_MALICES)[number];
/** Of these there is evidence; of the others there is none. */
export const CONVICTED: readonly FrostMalice[] = ["wrongShare", "wrongCommitment", "copiedCommitment"];
/** Signers that do their part, though not by the book. */
export const HARMLESS: readonly FrostMalice[] = ["otherNext", "noNext"];

/** The newest of what everybody sent. */
export type Traffic = { readonly nonces: NonceMessage[]; readonly shares: ShareMessage[] };

export const maliciousSigner = (
  node: FrostNode,
  malice: FrostMalice,
  { dice, time, traffic }: { readonly dice: Dice; readonly time: VirtualTime; readonly traffic: Traffic },
): FrostAnswers => {
  const honest: FrostAnswers = { nonce: (ask) => node.signer.nonce(ask), share: (ask) => node.signer.share(ask) };
  const signNonce = (message: NonceMessage, d: Uint8Array, e: Uint8Array): NonceMessage => {
    const said = { ...message, d, e };
    const commitment = commitmentOf(said) ?? { hiding: nobleBackend.mulG(1n), binding: nobleBackend.mulG(2n) };
    return { ...said, signature: node.context.sign(nonceStatement(said, nonceIdOf(said, commitment))) };
  };
  const signShare = (ask: ShareAsk, z: bigint): ShareMessage => {
    const own = ask.nonces.find(({ signer }) => signer.slot === node.slot) as NonceMessage; // it is asked about its own
    const commitments = ask.nonces.map((one) => commitmentOf(one) as NonNullable<ReturnType<typeof commitmentOf>>); // the coordinator checked them
    const packageHash = packageHashOf(commitments);
    const nonceId = nonceIdOf(own, commitments[ask.nonces.indexOf(own)] as (typeof commitments)[number]);
    const { requestId, epoch } = ask;
    const said = { requestId, epoch, attempt: attemptOf(ask, packageHash), signer: own.signer, nonceId, z: encodeScalar(z) };
    return { ...said, signature: node.context.sign(shareStatement(said, packageHash)) };
  };
  const guess = async (ask: ShareAsk): Promise<ShareMessage> => signShare(ask, randomScalar(dice.bytes));
  const never = (): Promise<never> => new Promise(() => undefined);

  switch (malice) {
    case "silent":
      return { nonce: never, share: never };
    case "silentShare":
      return { ...honest, share: never };
    case "slow":
      return {
        nonce: async (ask) => time.pause(dice.below(9_000)).then(() => honest.nonce(ask)),
        share: async (ask) => time.pause(dice.below(12_000)).then(() => honest.share(ask)),
      };
    case "refuses":
      return { ...honest, share: () => Promise.reject(new KeyquorumError("ACCESS_DENIED")) };
    case "wrongShare":
      return { ...honest, share: async (ask) => signShare(ask, (integerOf((await honest.share(ask)).z) % 1_000_000_007n) + 1n) };
    case "wrongCommitment":
      return {
        nonce: async (ask) => {
          const point = () => encodePoint(nobleBackend.mulG(randomScalar(dice.bytes)));
          return signNonce(await honest.nonce(ask), point(), point());
        },
        share: guess,
      };
    case "copiedCommitment":
      return {
        nonce: async (ask) => {
          const message = await honest.nonce(ask);
          const other = traffic.nonces.findLast(({ signer }) => signer.slot !== node.slot);
          return other === undefined ? message : signNonce(message, other.d, other.e);
        },
        share: guess,
      };
    case "brokenPoint":
      return {
        ...honest,
        nonce: async (ask) => signNonce(await honest.nonce(ask), new Uint8Array(33).fill(7), new Uint8Array(33).fill(2)),
      };
    case "badSignature":
      return { ...honest, share: async (ask) => ({ ...(await honest.share(ask)), signature: new Uint8Array(65) }) };
    case "replays":
      return {
        ...honest,
        share: async (ask) => traffic.shares.findLast(({ signer }) => signer.slot === node.slot) ?? (await honest.share(ask)),
      };
    case "gone":
      return { ...honest, share: () => Promise.reject(new KeyquorumError("SIGNING_NONCE_GONE")) };
    case "otherNext":
      return {
        ...honest,
        share: async (ask) => {
          const message = await honest.share(ask);
          const other = traffic.nonces.findLast(({ signer }) => signer.slot !== node.slot);
          return other === undefined ? message : { ...message, next: other };
        },
      };
    case "noNext":
      return {
        ...honest,
        share: async (ask) => {
          const { next: _, ...message } = await honest.share(ask);
          return message;
        },
      };
  }
};
