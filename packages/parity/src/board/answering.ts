import { createPeerLimits, type ExtensionServices, type PeerAnswerer, peerAnswerer } from "@keyquorum/keeper";
import { ServerKeyFailure, type ServerKeyMember, type ServerKeyProposal } from "@keyquorum/protocol";
import { KeyquorumError, type PeerMessage } from "@keyquorum/wire";
import { domainOf } from "../retrieval/membership.ts";
import { digestOf } from "../retrieval/statements.ts";
import { createAskedEpochs } from "./askedEpochs.ts";
import type { BoardMembers } from "./boardMembers.ts";
import { type Addressed, BOARD_MESSAGES, type QuestionName } from "./boardMessages.ts";
import { questionStatement } from "./questions.ts";

/** One generation asks each member seven questions; a keeper that drives six a second is at its own limits. */
const ALLOWANCE = { perHour: 20_000, atOnce: 32 };

type Services = Pick<ExtensionServices, "chain" | "members" | "clock" | "assertServing">;

/** What this member answers to others. @param onBusy told of an id that another one proposed while this member is in a session of it */
export const boardAnswerers = (
  services: Services,
  {
    member,
    members,
    onBusy,
  }: { readonly member: ServerKeyMember; readonly members: BoardMembers; readonly onBusy: (proposal: ServerKeyProposal) => void },
): readonly PeerAnswerer[] => {
  const domain = domainOf(services);
  const limits = createPeerLimits(services.clock);
  const epochs = createAskedEpochs(services);

  /** Signature first, then the limit of whoever signed, then the work. What a stranger sends is not hashed, and costs no more of the chain than `epochs` says. */
  const answered = <Ask extends { readonly proposal: ServerKeyProposal }, Answer>(
    name: QuestionName,
    message: PeerMessage<Addressed<Ask>, Answer> & { readonly encodeContent: (ask: Ask) => unknown },
    answer: (ask: Ask, from: number) => Promise<Answer>,
  ): PeerAnswerer =>
    peerAnswerer(message, async (addressed) => {
      services.assertServing();
      const { from, to, signature, ask } = addressed;
      const { proposal } = ask;
      const known = await epochs.membersOf(proposal.epoch);
      const asker = known?.members.find(({ slot }) => slot === from);
      if (known === undefined || asker === undefined) throw notSigned();
      const said = questionStatement(name, addressed, proposal, message.encodeContent(ask));
      if (!known.isSignedBy(from, said, signature)) throw notSigned();
      const sender = { identityKey: asker.identityKey, digest: digestOf(domain, said) };
      return limits.run({ kind: `server-key ${name}`, sender, allowance: ALLOWANCE }, async () => {
        const { slot } = await members.contextOf(proposal);
        if (to !== slot || !proposal.members.includes(from))
          throw new KeyquorumError(
            "INVALID_REQUEST",
            "The question is addressed to another keeper, or comes from a keeper outside the session.",
          );
        if ((await services.members.absent(proposal.epoch, known.heads)).includes(from))
          throw new KeyquorumError("NOT_MEMBER", "The keeper that asks was removed, or its account or identity key revoked as stolen.");
        return answer(ask, from).catch(inCodes);
      });
    });

  return [
    answered("propose", BOARD_MESSAGES.propose, async (ask, from) => {
      if (from !== ask.proposal.coordinator) throw new KeyquorumError("INVALID_REQUEST", "Only the coordinator may propose.");
      const given = await member.propose(ask);
      if (given.kind === "busy") onBusy(ask.proposal);
      return given;
    }),
    answered("commit", BOARD_MESSAGES.commit, member.commit),
    answered("deal", BOARD_MESSAGES.deal, member.deal),
    answered("verdict", BOARD_MESSAGES.verdict, member.verdict),
    answered("confirm", BOARD_MESSAGES.confirm, member.confirm),
    answered("result", BOARD_MESSAGES.result, member.result),
    answered("abort", BOARD_MESSAGES.abort, member.abort),
  ];
};

const notSigned = (): KeyquorumError =>
  new KeyquorumError("INVALID_SIGNATURE", "The signature is not of the identity key that the epoch has for the keeper that asks.");

/** Throws what a member's refusal is to whoever asked. */
const inCodes = (error: unknown): never => {
  if (!(error instanceof ServerKeyFailure)) throw error;
  if (error.reason === "BUSY")
    throw new KeyquorumError("RATE_LIMITED", "Too many sessions of this coordinator are open.", {
      details: { retryAfterSeconds: 60 },
      cause: error,
    });
  if (error.reason === "REFUSED") throw new KeyquorumError("UNAVAILABLE", "This keeper cannot take part.", { cause: error });
  throw new KeyquorumError("INVALID_REQUEST", "The session is not as the protocol has it.", {
    details: { reason: error.reason },
    cause: error,
  });
};
