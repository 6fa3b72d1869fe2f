/** A few members on a perfect network, for one step at a time. */
import { type Hash32, KeyquorumError, parseAddress, parseHash32 } from "@keyquorum/wire";
import { generateServerKey } from "../serverKey/drive.ts";
import { endSession } from "../serverKey/end.ts";
import { ServerKeyFailure } from "../serverKey/failure.ts";
import type { ServerKeyAnswers, ServerKeyProposal } from "../serverKey/messages.ts";
import { createDice } from "./random.ts";
import { createEncryptionSecret, createKeyring, createServerKeyNode, type ServerKeyNode } from "./serverKeyNode.ts";

export type Question = keyof ServerKeyAnswers;

export const createServerKeyTrial = async ({ slots, seed = 1 }: { readonly slots: readonly number[]; readonly seed?: number }) => {
  const dice = createDice(seed);
  const world = { now: 1_000_000, hit: [] as readonly number[] };
  /** Whether a member does not answer a question; asked before it gets it. */
  const network = { isSilent: (_slot: number, _question: Question): boolean => false };
  const secrets = slots.map((slot) => ({ slot, ...createEncryptionSecret(dice.bytes) }));
  const members = secrets.map(({ slot, encryptionKey }) => ({ slot, encryptionKey }));
  const common = { members, keyring: createKeyring(), dice, now: () => world.now, crash: () => 0 };
  const nodes = await Promise.all(
    secrets.map(({ slot, secret }) =>
      createServerKeyNode({ ...common, slot, encryptionSecret: secret, isHit: () => world.hit.includes(slot) }),
    ),
  );
  const at = (slot: number): ServerKeyNode => {
    const node = nodes.find((one) => one.slot === slot);
    if (node === undefined) throw new RangeError("a member");
    return node;
  };

  const peer = (slot: number): ServerKeyAnswers => {
    const reach = async <Answer>(question: Question, ask: (to: ServerKeyAnswers) => Promise<Answer>): Promise<Answer> => {
      if (network.isSilent(slot, question)) throw new KeyquorumError("UNAVAILABLE", "silent");
      return ask(at(slot).answers);
    };
    return {
      propose: (ask) => reach("propose", (to) => to.propose(ask)),
      commit: (ask, from) => reach("commit", (to) => to.commit(ask, from)),
      deal: (ask, from) => reach("deal", (to) => to.deal(ask, from)),
      verdict: (ask, from) => reach("verdict", (to) => to.verdict(ask, from)),
      confirm: (ask, from) => reach("confirm", (to) => to.confirm(ask, from)),
      result: (ask, from) => reach("result", (to) => to.result(ask, from)),
      abort: (ask, from) => reach("abort", (to) => to.abort(ask, from)),
    };
  };
  const proposalOf = (coordinator: number, serverKeyId: Hash32, threshold: number, present = slots): ServerKeyProposal => ({
    serverKeyId,
    author: parseAddress(`0x${"aa".repeat(20)}`),
    authorSignature: new Uint8Array(65).fill(1),
    threshold,
    epoch: 3,
    members: present,
    coordinator,
  });
  /** The key in hex, or the failure as "REASON slot". */
  const outcomeOf = (work: Promise<{ readonly toHex: () => string }>): Promise<string> =>
    work.then(
      (key) => key.toHex(),
      (error: unknown) => {
        if (!(error instanceof ServerKeyFailure)) throw error;
        return error.slot === undefined ? error.reason : `${error.reason} ${error.slot}`;
      },
    );

  return {
    at,
    nodes,
    world,
    network,
    peer,
    proposalOf,
    /** @param present Default: all */
    generate: (coordinator: number, id: Hash32, threshold: number, present?: readonly number[]): Promise<string> => {
      const node = at(coordinator);
      const proposal = proposalOf(coordinator, id, threshold, present);
      return outcomeOf(generateServerKey({ own: node.own, peer }, node.contextOf(proposal), proposal));
    },
    end: (slot: number, id: Hash32): Promise<string> => {
      const node = at(slot);
      return outcomeOf(endSession({ own: node.own, peer }, node.contextOf(proposalOf(slot, id, 1)), id));
    },
    stages: (id: Hash32): readonly string[] => nodes.map(({ disk }) => disk.get(id)?.stage ?? "none"),
  };
};

export const idOf = (byte: number): Hash32 => parseHash32(`0x${byte.toString(16).padStart(2, "0").repeat(32)}`);
