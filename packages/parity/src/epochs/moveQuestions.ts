import { createPeerLimits, type ExtensionServices, type PeerAnswerer, peerAnswerer } from "@keyquorum/keeper";
import { SERVER_KEY_KINDS, type ServerKeyProposal, type ServerKeyStatement } from "@keyquorum/protocol";
import { hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { createAskedEpochs } from "../board/askedEpochs.ts";
import type { Addressed } from "../board/boardMessages.ts";
import { domainOf, ownMembership } from "../retrieval/membership.ts";
import { digestOf } from "../retrieval/statements.ts";
import { readEvidence } from "./evidence.ts";
import type { MoveMember } from "./moveMember.ts";
import { idOfAsk, MOVE_MESSAGES, MOVE_QUESTIONS, type MoveMessage, type OfferAsk } from "./moveMessages.ts";

type Name = keyof typeof MOVE_QUESTIONS;
type AnyAsk = Parameters<typeof idOfAsk>[0];

/** As a question of generation, with the number and the kind of a move's. */
const questionStatement = (
  name: Name,
  { from, to, nonce }: Pick<Addressed<unknown>, "from" | "to" | "nonce">,
  ask: AnyAsk,
  content: unknown,
): ServerKeyStatement => ({
  kind: 64 + SERVER_KEY_KINDS.question,
  about: [hexToBytes(idOfAsk(ask), 32), from, to, MOVE_QUESTIONS[name], nonce],
  content: keccak_256(utf8ToBytes(JSON.stringify(content))),
});

const ALLOWANCE = { perHour: 20_000, atOnce: 8 };
const PATIENCE_MILLISECONDS = 10_000;

/**
 * Whose question it is, and which epoch's member it is to: they may be of different ones. `to` is asked once the signature was found right, as it may
 * have to read what is shown of a key; undefined: nothing is.
 */
type Epochs = { readonly from: number; readonly to: () => number | undefined };
const epochsOf = {
  redeal: ({ proposal }: { readonly proposal: Pick<ServerKeyProposal, "epoch" | "moved"> }): Epochs => ({
    ...{ from: proposal.epoch, to: () => (proposal.moved === undefined ? undefined : readEvidence(proposal.moved.about)?.epoch) },
  }),
  offer: ({ epoch, toEpoch }: Pick<OfferAsk, "epoch" | "toEpoch">): Epochs => ({ from: epoch, to: () => toEpoch }),
};

/** What asking takes. */
export type AskingServices = Pick<ExtensionServices, "chain" | "members" | "clock" | "peers" | "random" | "stopping">;
type AnsweringServices = Pick<ExtensionServices, "chain" | "members" | "clock" | "assertServing">;

export const moveAnswerers = (services: AnsweringServices, member: MoveMember): readonly PeerAnswerer[] => {
  const domain = domainOf(services);
  const limits = createPeerLimits(services.clock);
  const epochs = createAskedEpochs(services);
  /** Signature first, then the limit of whoever signed, then the work. What a stranger shows of a key is not read. */
  const answered = <Ask extends AnyAsk, Answer>(
    name: Name,
    message: MoveMessage<Ask, Answer>,
    epochsOfAsk: (ask: Ask) => Epochs,
    answer: (ask: Ask, from: number) => Promise<Answer>,
  ): PeerAnswerer =>
    peerAnswerer(message, async (addressed) => {
      services.assertServing();
      const { from, to, signature, ask } = addressed;
      const between = epochsOfAsk(ask);
      const known = await epochs.membersOf(between.from);
      const asker = known?.members.find(({ slot }) => slot === from);
      const said = questionStatement(name, addressed, ask, message.encodeContent(ask));
      if (known === undefined || asker === undefined || !known.isSignedBy(from, said, signature))
        throw new KeyquorumError(
          "INVALID_SIGNATURE",
          "The signature is not of the identity key that the epoch has for the keeper that asks.",
        );
      const sender = { identityKey: asker.identityKey, digest: digestOf(domain, said) };
      return limits.run({ kind: `server-key ${name}`, sender, allowance: ALLOWANCE }, async () => {
        const toEpoch = between.to();
        const own = toEpoch === undefined ? undefined : await services.members.own(toEpoch, known.heads);
        if (own?.slot !== to) throw new KeyquorumError("INVALID_REQUEST", "The question is to another keeper.");
        if ((await services.members.absent(between.from, known.heads)).includes(from))
          throw new KeyquorumError("NOT_MEMBER", "The keeper that asks was removed, or its account or identity key revoked as stolen.");
        return answer(ask, from);
      });
    });
  return [
    answered("redeal", MOVE_MESSAGES.redeal, epochsOf.redeal, member.redeal),
    answered("moved", MOVE_MESSAGES.moved, epochsOf.redeal, member.learn),
    answered("offer", MOVE_MESSAGES.offer, epochsOf.offer, member.offer),
  ];
};

/** Asks one member, as a member of `epoch` oneself. Throws KeyquorumError. */
export const askMove = async <Ask extends AnyAsk, Answer>(
  services: AskingServices,
  name: Name,
  message: MoveMessage<Ask, Answer>,
  ask: Ask,
  { epoch, to }: { readonly epoch: number; readonly to: number },
): Promise<Answer> => {
  const own = await ownMembership(services, epoch);
  const nonce = services.random({ session: hexToBytes(idOfAsk(ask), 32), statement: keccak_256(utf8ToBytes(`question ${name}`)) })(32);
  const addressed = { from: own.slot, to, nonce };
  const signature = own.sign(questionStatement(name, addressed, ask, message.encodeContent(ask)));
  const endpoint = (await services.members.endpointOf(to, own.heads)) ?? "";
  const over = new AbortController();
  const late = services.clock.sleep(PATIENCE_MILLISECONDS, AbortSignal.any([services.stopping, over.signal])).then(() => {
    throw new KeyquorumError("UNAVAILABLE", "The keeper does not answer in time.");
  });
  late.catch(() => undefined); // it loses where the answer comes first
  try {
    return await Promise.race([services.peers.ask(message, endpoint, { ...addressed, signature, ask }), late]);
  } finally {
    over.abort();
  }
};
