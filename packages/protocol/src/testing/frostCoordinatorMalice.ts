/** A member that coordinates to get two shares under one nonce, or one that it may not have. What it is given is in the traffic. */
import { bytesToHex, type Hash32 } from "@keyquorum/wire";
import { attemptOf, commitmentOf, nonceAskStatement, packageHashOf, shareAskStatement } from "../signing/frost/statements.ts";
import type { FrostAnswers, NonceAsk, NonceMessage, ShareAsk } from "../signing/messages.ts";
import type { SigningRequest } from "../signing/ports.ts";
import type { FrostNode } from "./frostNode.ts";
import type { Dice } from "./random.ts";

type Reach = (slot: number) => FrostAnswers;
type Attack = { readonly node: FrostNode; readonly request: SigningRequest; readonly reach: Reach; readonly dice: Dice };

export const nonceQuestion = (
  node: FrostNode,
  { requestId, epoch }: Pick<SigningRequest, "requestId" | "epoch">,
  to: number,
  askId: Hash32,
): NonceAsk => {
  const said = { requestId, epoch, coordinator: { slot: node.slot, boot: node.boot }, to, askId };
  return { ...said, signature: node.context.sign(nonceAskStatement(said)) };
};

export const shareQuestion = (
  node: FrostNode,
  { requestId, epoch }: Pick<SigningRequest, "requestId" | "epoch">,
  nonces: readonly NonceMessage[],
): ShareAsk => {
  const coordinator = { slot: node.slot, boot: node.boot };
  const commitments = nonces.map((one) => commitmentOf(one) as NonNullable<ReturnType<typeof commitmentOf>>); // whoever uses it shows points
  const attempt = attemptOf({ requestId, epoch, coordinator }, packageHashOf(commitments));
  const said = { requestId, epoch, attempt, coordinator };
  return { ...said, nonces, signature: node.context.sign(shareAskStatement(said)) };
};

/** Everything that anybody answered to both; refusals are left out. */
const answersTo = async <T>(asked: readonly Promise<T>[]): Promise<readonly T[]> =>
  (await Promise.allSettled(asked)).flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));

/** Asks for several nonces of each, shows each of them in several packages at once, in this one's own and others' names, and again later. */
export const equivocate = async ({ node, request, reach, dice }: Attack): Promise<void> => {
  const others = node.context.members;
  const ask = (slot: number): Promise<NonceMessage> =>
    reach(slot).nonce(nonceQuestion(node, request, slot, bytesToHex(dice.bytes(32)) as Hash32));
  const nonces = await answersTo(others.flatMap((slot) => [ask(slot), ask(slot)]));
  const bySlot = new Map<number, NonceMessage[]>();
  for (const one of nonces) if (commitmentOf(one) !== undefined) bySlot.set(one.signer.slot, [...(bySlot.get(one.signer.slot) ?? []), one]);
  const quorum = request.threshold + 1;
  const packageOf = (
    first: number,
    use: (list: readonly NonceMessage[], slot: number) => NonceMessage | undefined,
  ): readonly NonceMessage[] => {
    const slots = [first, ...others.filter((slot) => slot !== first).toSorted(() => dice.next() - 0.5)];
    return slots
      .flatMap((slot) => use(bySlot.get(slot) ?? [], slot) ?? [])
      .slice(0, quorum)
      .toSorted((a, b) => a.signer.slot - b.signer.slot);
  };
  const questions = others.flatMap((slot) => {
    const packages = [
      packageOf(slot, ([one]) => one),
      packageOf(slot, ([one, two], at) => (at === slot ? one : (two ?? one))),
      packageOf(slot, ([one, two]) => two ?? one),
    ].filter((one) => one.length === quorum);
    return packages.map((one) => ({ slot, question: shareQuestion(node, request, one) }));
  });
  const shares = (): Promise<readonly unknown[]> => answersTo(questions.map(({ slot, question }) => reach(slot).share(question)));
  await shares();
  await shares();
};
