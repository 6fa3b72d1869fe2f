/**
 * P11 for ECDSA, in memory: keepers that sign, over a network that delays and loses, some of them killed, some of them liars; several coordinate at once,
 * and one may be hostile. Everything follows from one seed.
 */
import { KeyquorumError } from "@keyquorum/wire";
import { MAX_FORGIVEN, signWithEcdsa } from "../signing/ecdsa/coordinator.ts";
import type { EcdsaAgreement, EcdsaAnswers, EcdsaNonce } from "../signing/ecdsa/messages.ts";
import type { EcdsaFault, EcdsaFaultReason } from "../signing/ecdsa/run.ts";
import { ecdsaStatements } from "../signing/ecdsa/statements.ts";
import { maliciousEcdsa } from "./ecdsaMalice.ts";
import { ecdsaSteps } from "./ecdsaSteps.ts";
import { createEcdsaTrial, type EcdsaNode, resigned } from "./ecdsaTrial.ts";

export type EcdsaSimulation = {
  readonly seed: number;
  readonly members: number;
  readonly threshold: number;
  /** What each liar does, at most t of them. */
  readonly malicious?: ReadonlyMap<number, string>;
  /** Chance per question that it or its answer is lost, and that an honest signer starts again. */
  readonly lose?: number;
  readonly crash?: number;
  /** Honest keepers that coordinate, at once. */
  readonly coordinators?: number;
  /** A liar coordinates, too: it shows different signers different things, and asks some to open and others to share. */
  readonly hostile?: boolean;
};

export type EcdsaOutcome = {
  readonly slot: number;
  readonly code: string;
  readonly attempts: number;
  readonly faults: readonly EcdsaFault[];
  readonly isRight: boolean;
};

const silence = (): KeyquorumError => new KeyquorumError("UNAVAILABLE", "silent");

export const simulateEcdsa = async (options: EcdsaSimulation) => {
  const { seed, members, threshold, malicious = new Map<number, string>(), lose = 0, crash = 0 } = options;
  const trial = createEcdsaTrial({ seed, members, threshold, offset: seed % 2 === 0 ? 0n : 77n });
  const { dice } = trial;
  const isHonest = ({ slot }: EcdsaNode): boolean => !malicious.has(slot);
  const dress = (node: EcdsaNode): void => {
    const malice = malicious.get(node.slot);
    if (malice !== undefined) node.answers = maliciousEcdsa(trial, node, malice);
  };
  for (const node of trial.nodes) dress(node);

  /** Over the network: questions overtake each other. */
  const carry = async <Answer>(node: EcdsaNode, ask: () => Promise<Answer>): Promise<Answer> => {
    for (let delay = dice.below(4); delay > 0; delay -= 1) await Promise.resolve();
    if (dice.chance(lose)) throw silence();
    if (isHonest(node) && dice.chance(crash)) node.restart();
    const answer = await ask();
    for (let delay = dice.below(4); delay > 0; delay -= 1) await Promise.resolve();
    if (dice.chance(lose)) throw silence();
    return answer;
  };
  const reached = (slot: number): EcdsaAnswers => {
    const node = trial.nodeAt(slot);
    return {
      deal: (ask) => carry(node, () => node.answers.deal(ask)),
      nonce: (ask) => carry(node, () => node.answers.nonce(ask)),
      product: (ask) => carry(node, () => node.answers.product(ask)),
      check: (ask) => carry(node, () => node.answers.check(ask)),
      agree: (ask) => carry(node, () => node.answers.agree(ask)),
      share: (ask) => carry(node, () => node.answers.share(ask)),
      open: (ask) => carry(node, () => node.answers.open(ask)),
    };
  };

  const coordinate = async (slot: number): Promise<EcdsaOutcome> => {
    const { ports, faults } = trial.portsOf(slot);
    try {
      const made = await signWithEcdsa({ ...ports, signer: reached });
      return { slot, code: "signed", attempts: made.attempts, faults, isRight: trial.isRight(made.signature) };
    } catch (error) {
      if (!(error instanceof KeyquorumError)) throw error;
      return { slot, code: error.code, attempts: 0, faults, isRight: false };
    }
  };

  /** Two agreements, or two nonces, of a liar, shown to different halves; then some are asked to open and others to share, in any order. */
  const equivocate = async (by: number): Promise<void> => {
    const honest = trial.nodes.filter(isHonest).map(({ slot }) => slot);
    const slots = [by, ...honest].slice(0, 2 * threshold + 1).toSorted((a, b) => a - b);
    const [node, steps] = [trial.nodeAt(by), ecdsaSteps(trial, slots, {}, by)];
    node.answers = node.own; // until the split it does what it says
    const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 31 ? byte ^ 1 : byte));
    const quiet = (work: Promise<unknown>): Promise<void> =>
      work.then(
        () => undefined,
        () => undefined,
      );
    try {
      const deals = await steps.each(steps.ask.deal);
      const nonces = (await steps.each((slot) => steps.ask.nonce(slot, deals))) as EcdsaNonce[];
      const second = nonces.map((one) =>
        one.signer.slot === by ? resigned(trial, one, { w: flipped(one.w) }, ecdsaStatements.nonce) : one,
      );
      const early = dice.chance(0.4);
      const products = await steps.each((slot) => steps.ask.product(slot, early && slot !== by && dice.chance(0.5) ? second : nonces));
      const checks = await steps.each((slot) => steps.ask.check(slot, products));
      const agreements = await steps.each((slot) => steps.ask.agree(slot, checks));
      const others = agreements.map(
        (one): EcdsaAgreement =>
          one.signer.slot === by ? resigned(trial, one, { delta: flipped(one.delta) }, ecdsaStatements.agreement) : one,
      );
      for (const slot of slots)
        await quiet(dice.chance(0.5) ? steps.ask.share(slot, dice.chance(0.7) ? agreements : others) : steps.ask.open(slot));
    } catch (error) {
      if (!(error instanceof KeyquorumError)) throw error;
    }
    for (const slot of slots) await quiet(steps.ask.open(slot));
    dress(node);
  };

  const honest = trial.nodes.filter(isHonest);
  const first = dice.below(honest.length);
  const drivers = Array.from({ length: options.coordinators ?? 1 }, (_, i) => (honest[(first + i) % honest.length] as EcdsaNode).slot);
  const [liar] = malicious.keys();
  if (options.hostile === true && liar !== undefined) await equivocate(liar);
  const outcomes = await Promise.all([...new Set(drivers)].map(coordinate));
  if (options.hostile === true && liar !== undefined) await equivocate(liar);

  const isDisturbed = lose > 0 || crash > 0;
  const mustSign = !isDisturbed && members - malicious.size >= 2 * threshold + 1;
  return { trial, outcomes, honest, mustSign, violations: violationsOf({ trial, outcomes, honest, malicious, mustSign, isDisturbed }) };
};

/** Faults that only who lied has; under losses and restarts somebody honest may fail to open in time. */
const ALWAYS: readonly EcdsaFaultReason[] = ["share", "deal", "nonce", "product", "check", "hash", "agreement"];

/** Empty when all holds. */
const violationsOf = ({
  trial,
  outcomes,
  honest,
  malicious,
  mustSign,
  isDisturbed,
}: {
  readonly trial: ReturnType<typeof createEcdsaTrial>;
  readonly outcomes: readonly EcdsaOutcome[];
  readonly honest: readonly EcdsaNode[];
  readonly malicious: ReadonlyMap<number, string>;
  readonly mustSign: boolean;
  readonly isDisturbed: boolean;
}): readonly string[] => {
  const found: string[] = [];
  const { slots } = trial;
  // Each attempt names a liar, pairs it with somebody, or leaves out who was silent, who is forgiven so many times.
  const liars = malicious.size;
  const most = 1 + liars + liars * (slots.length - liars) + liars * MAX_FORGIVEN;
  for (const { slot, code, attempts, faults, isRight } of outcomes) {
    // 1. What is given out is a signature.
    if (code === "signed" && !isRight) found.push(`1: ${slot} gave out what is no signature`);
    // 2. With 2t+1 honest ones there is one, within so many attempts.
    if (mustSign && code !== "signed") found.push(`2: ${slot} ended with ${code}`);
    if (!isDisturbed && attempts > most) found.push(`2: ${slot} took ${attempts} attempts`);
    // 3. Nobody honest is named.
    for (const fault of faults)
      if (!malicious.has(fault.slot) && (!isDisturbed || ALWAYS.includes(fault.reason)))
        found.push(`3: ${fault.slot} is named for ${fault.reason}`);
  }
  const [released, opened] = [new Set<string>(), new Set<string>()];
  for (const { slot, history } of honest) {
    // 4. Nobody agrees and opens.
    for (const session of history.opened) if (history.agreed.has(session)) found.push(`4: ${slot} agreed and opened in ${session}`);
    for (const [session, { digest }] of history.released) {
      // 5. A share is for what its keeper computed itself.
      if (digest.join() !== trial.request.digest.join()) found.push(`5: ${slot} released a share for another digest`);
      if (!history.agreed.has(session)) found.push(`5: ${slot} released without agreement`);
      released.add(session);
    }
    for (const session of history.opened) opened.add(session);
  }
  // 6. In no session does one honest signer release while another opens: at t = 1 that is a key share.
  for (const session of released) if (opened.has(session)) found.push(`6: a share and an opening in ${session}`);
  // 7. Nothing is left.
  trial.clock.monotonic += 31_000;
  trial.clock.wall += 31_000;
  for (const { slot, own } of honest) {
    own.sweep();
    if (own.live() > 0) found.push(`7: ${slot} still holds secrets`);
  }
  return found;
};
