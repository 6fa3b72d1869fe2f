/**
 * P11 and P5 in memory: keepers that sign, over a network with delays and losses, in virtual time; some are silent, slow, or lie; some are killed at their
 * writes; one may coordinate to get two shares under one nonce. Everything follows from one seed.
 */
import { lagrangeAtZero, type SchnorrSignature, verifySchnorrSignature } from "@keyquorum/threshold";
import { FROST_MESSAGES, KeyquorumError } from "@keyquorum/wire";
import { type SigningFault, signWithFrost } from "../signing/frost/coordinator.ts";
import { integerOf, judgeShare } from "../signing/frost/judge.ts";
import { attemptAt } from "../signing/frost/package.ts";
import { commitmentOf } from "../signing/frost/statements.ts";
import type { FrostAnswers, NonceMessage, ShareAsk, ShareMessage } from "../signing/messages.ts";
import type { SigningRequest } from "../signing/ports.ts";
import { equivocate } from "./frostCoordinatorMalice.ts";
import { CONVICTED, type FrostMalice, HARMLESS, maliciousSigner } from "./frostMalice.ts";
import { createFrostNode, createSigningKey, createSigningKeyring, type FrostNode, Killed } from "./frostNode.ts";
import { type SeenShare, solveShare } from "./nonceSolver.ts";
import { createDice } from "./random.ts";
import { createVirtualTime } from "./virtualTime.ts";

export type FrostSimulation = {
  readonly seed: number;
  readonly members: number;
  readonly threshold: number;
  readonly malicious?: ReadonlyMap<number, FrostMalice>;
  /** Signers that crash with this chance at a write; the others never do. */
  readonly crashing?: ReadonlySet<number>;
  readonly crash?: number;
  /** Keepers that coordinate honestly, at once. Default: one. */
  readonly coordinators?: number;
  /** A malicious member coordinates, too. */
  readonly equivocates?: boolean;
  /** How many requests. */
  readonly requests?: number;
};

const overJson = (body: unknown): unknown => JSON.parse(JSON.stringify(body));

/** Milliseconds until an asker gives up. */
const PATIENCE = 15_000;

export type Outcome = {
  readonly coordinator: number;
  readonly signature?: SchnorrSignature;
  readonly attempts: number;
  readonly faults: readonly SigningFault[];
  readonly failure?: string;
};

export const slotsOf = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => 2 * i + 1);

export const simulateFrost = async (options: FrostSimulation) => {
  const { seed, members: count, threshold, malicious = new Map<number, FrostMalice>(), crashing = new Set<number>() } = options;
  const dice = createDice(seed);
  const time = createVirtualTime();
  const slots = slotsOf(count);
  const keyring = createSigningKeyring();
  const key = createSigningKey(dice, slots, threshold);
  const requests = Array.from({ length: options.requests ?? 1 }, (_, i) => key.requestFor(i, i % 2 === 0 ? 0n : 77n));
  const traffic = { nonces: [] as NonceMessage[], shares: [] as ShareMessage[] };
  const asked: { readonly slot: number; readonly ask: ShareAsk; readonly share: ShareMessage; readonly wasStored: boolean }[] = [];
  const nodes = slots.map((slot) => {
    const offset = dice.below(4_000_000) - 2_000_000;
    return createFrostNode({
      ...{ slot, members: slots, keyring, shareAt: key.shareAt, requests, dice },
      clock: { monotonic: time.now, wall: () => time.now() + offset },
      crash: () => (crashing.has(slot) ? (options.crash ?? 0) : 0),
      think: () => time.pause(dice.below(60)),
    });
  });
  const nodeOf = (slot: number): FrostNode => nodes.find((one) => one.slot === slot) as FrostNode; // asked are members only
  const dress = (node: FrostNode): void => {
    const malice = malicious.get(node.slot);
    if (malice !== undefined) node.answers = maliciousSigner(node, malice, { dice, time, traffic });
  };
  for (const node of nodes) dress(node);

  /** Over the network: there, the work, and back; silence once the asker's patience is over. */
  const carry = <T>(to: FrostNode, work: () => Promise<T>): Promise<T> => {
    const silence = time.pause(PATIENCE).then((): never => {
      throw new KeyquorumError("UNAVAILABLE", "silent");
    });
    const answer = (async (): Promise<T> => {
      await time.pause(1 + dice.below(40));
      const { life } = to;
      try {
        const given = await work();
        if (to.life !== life) return new Promise<never>(() => undefined);
        await time.pause(1 + dice.below(40));
        return given;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        if (to.life === life) {
          to.restart();
          dress(to);
        }
        return new Promise<never>(() => undefined);
      }
    })();
    return Promise.race([answer, silence]);
  };
  // As bytes there and back: nothing is shared but what the messages say.
  const reach = (slot: number): FrostAnswers => ({
    nonce: (ask) =>
      carry(nodeOf(slot), async () => {
        const { encodeAsk, parseAsk, encodeAnswer, parseAnswer } = FROST_MESSAGES.nonce;
        const message = await nodeOf(slot).answers.nonce(parseAsk(overJson(encodeAsk(ask))));
        traffic.nonces.push(message);
        return parseAnswer(overJson(encodeAnswer(message)));
      }),
    share: (ask) =>
      carry(nodeOf(slot), async () => {
        const { encodeAsk, parseAsk, encodeAnswer, parseAnswer } = FROST_MESSAGES.share;
        const node = nodeOf(slot);
        const share = await node.answers.share(parseAsk(overJson(encodeAsk(ask))));
        asked.push({ slot, ask, share, wasStored: node.disk.has(share.nonceId) });
        traffic.shares.push(share);
        if (share.next !== undefined) traffic.nonces.push(share.next);
        return parseAnswer(overJson(encodeAnswer(share)));
      }),
  });

  const coordinate = async (node: FrostNode, request: SigningRequest): Promise<Outcome> => {
    const faults: SigningFault[] = [];
    try {
      const made = await signWithFrost({
        ...{ context: node.context, boot: node.boot, request, signer: reach, now: time.now, pause: time.pause, admitBoot: node.admitBoot },
        randomOf: (use) => node.nonces()({ ...use, purpose: "signing-question" }),
        onFault: async (fault) => void faults.push(fault),
      });
      return { coordinator: node.slot, ...made };
    } catch (error) {
      if (!(error instanceof KeyquorumError)) throw error;
      return { coordinator: node.slot, attempts: 0, faults, failure: `${error.code} ${JSON.stringify(error.details)}` };
    }
  };
  const isHonest = ({ slot }: FrostNode): boolean => !malicious.has(slot);
  const honest = nodes.filter(isHonest);
  // Whoever crashes restarts as another coordinator: here only who stays coordinates.
  const staying = honest.filter(({ slot }) => !crashing.has(slot));
  const work = requests.flatMap((request) =>
    Array.from({ length: options.coordinators ?? 1 }, (_, i) => {
      const node = staying[(seed + i) % staying.length] as FrostNode; // t+1 at least stay
      return time.pause(dice.below(100)).then(() => coordinate(node, request));
    }),
  );
  const bad = nodes.find((node) => !isHonest(node));
  const attacks =
    options.equivocates && bad !== undefined ? requests.map((request) => equivocate({ node: bad, request, reach, dice })) : [];
  const outcomes = await time.run(Promise.all([Promise.all(work), ...attacks]).then(([first]) => first));
  return {
    nodes,
    honest,
    outcomes,
    traffic,
    asked,
    violations: violationsOf({ ...options, nodes, requests, outcomes, asked, malicious, crashing, shareAt: key.shareAt }),
  };
};

type Ended = Omit<FrostSimulation, "requests" | "malicious" | "crashing"> & {
  readonly nodes: readonly FrostNode[];
  readonly requests: readonly SigningRequest[];
  readonly outcomes: readonly Outcome[];
  readonly asked: readonly { readonly slot: number; readonly ask: ShareAsk; readonly share: ShareMessage; readonly wasStored: boolean }[];
  readonly malicious: ReadonlyMap<number, FrostMalice>;
  readonly crashing: ReadonlySet<number>;
  readonly shareAt: (slot: number) => bigint;
};

const violationsOf = (ended: Ended): readonly string[] => {
  const { members: count, threshold, malicious, crashing, requests, outcomes, asked, nodes } = ended;
  const found: string[] = [];
  const reachable = count - [...malicious.values()].filter((malice) => !HARMLESS.includes(malice)).length - crashing.size;
  const [judge] = nodes as [FrostNode];
  for (const [i, { coordinator, signature, attempts, faults, failure }] of outcomes.entries()) {
    const request = requests[Math.floor(i / (ended.coordinators ?? 1))] as SigningRequest;
    if (signature === undefined && reachable > threshold)
      found.push(`${coordinator}: no signature, though ${reachable} were there: ${failure}`);
    if (signature !== undefined && !verifySchnorrSignature(request.publicKey, request.digest, signature))
      found.push(`${coordinator}: a wrong signature`);
    if (attempts > count - threshold) found.push(`${coordinator}: ${attempts} attempts`);
    for (const { slot, evidence } of faults) {
      if (!CONVICTED.includes(malicious.get(slot) as FrostMalice)) found.push(`${slot}: named, and is not guilty`);
      if (judgeShare(judge.context, request, evidence) !== "wrong") found.push(`${slot}: named without evidence`);
    }
  }
  for (const { slot, share, wasStored } of asked)
    if (!malicious.has(slot) && !wasStored) found.push(`${slot}: a share was not durable: ${share.nonceId}`);
  for (const node of nodes.filter(({ slot }) => !malicious.has(slot))) {
    const sent = asked.filter(({ slot }) => slot === node.slot);
    const byNonce = new Map<string, Set<string>>();
    for (const { share } of sent)
      byNonce.set(share.nonceId, (byNonce.get(share.nonceId) ?? new Set()).add(`${share.attempt} ${integerOf(share.z)}`));
    for (const [nonceId, said] of byNonce) if (said.size > 1) found.push(`${node.slot}: ${said.size} shares under ${nonceId}`);
    if (solveShare(equationsOf(requests, sent)) !== undefined) found.push(`${node.slot}: its key share can be computed`);
  }
  return found;
};

/** What shares say of their sender's key share: one equation for each message. */
export const equationsOf = (
  requests: readonly SigningRequest[],
  sent: readonly { readonly slot: number; readonly ask: ShareAsk; readonly share: ShareMessage }[],
): readonly SeenShare[] =>
  sent.flatMap(({ slot, ask, share }) => {
    const request = requests.find(({ requestId }) => requestId === ask.requestId);
    const commitments = ask.nonces.flatMap((one) => commitmentOf(one) ?? []);
    const attempt = request === undefined ? undefined : attemptAt(request, commitments);
    if (attempt === undefined || request === undefined) return [];
    const weight = lagrangeAtZero(attempt.slots, slot) * attempt.challenge;
    return [
      { nonce: share.nonceId, factor: attempt.bindingFactors.get(slot) as bigint, weight, z: integerOf(share.z) - weight * request.offset },
    ];
  });
