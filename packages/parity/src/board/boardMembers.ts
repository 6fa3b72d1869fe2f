import type { ExtensionServices } from "@keyquorum/keeper";
import type { ServerKeyContext, ServerKeyProposal } from "@keyquorum/protocol";
import { hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { parseEvidence } from "../epochs/evidence.ts";
import type { ImportSource } from "../importing/importSource.ts";
import { domainOf, type Heads, membersOf } from "../retrieval/membership.ts";
import { requireGenerationByAuthor } from "../wallets/authorProof.ts";

type Services = Pick<ExtensionServices, "chain" | "members" | "verifySignature" | "clock" | "table">;

/** This keeper's own rules about what it takes part in. Throws KeyquorumError with the code of its refusal. */
export type MayGenerate = (proposal: Pick<ServerKeyProposal, "author" | "threshold">) => Promise<void>;

/** Whom a new server key is for, as these blocks have it. */
export type Present = { readonly epoch: number; readonly slots: readonly number[]; readonly ownSlot: number };

/** Who takes part in which session, by the chain. All throw ChainUnavailableError, KeyquorumError FINALITY_BROKEN. */
export type BoardMembers = {
  /**
   * Members of the newest final epoch that are not absent from it (removed, or robbed of account or identity key) at the head or in the final block (D56).
   * Throws NOT_MEMBER where this keeper is none.
   */
  readonly present: () => Promise<Present>;
  /** Throws NOT_MEMBER, INVALID_REQUEST for a proposal of others than the epoch's members. */
  readonly contextOf: (proposal: ServerKeyProposal) => Promise<ServerKeyContext>;
  /** Throws NOT_MEMBER unless the proposal's members are those of `present`. */
  readonly assertCurrent: (proposal: ServerKeyProposal) => Promise<void>;
  /** Whether one of its members is absent from the epoch, at the head or in the final block. */
  readonly isHitByRemoval: (proposal: ServerKeyProposal) => Promise<boolean>;
  /** Throws what `requireGenerationByAuthor`, `assertCurrent` and the keeper's own rules throw. */
  readonly admit: (proposal: ServerKeyProposal) => Promise<void>;
};

/**
 * @param imports what knows of old keys. Default: nothing: no imported key is taken part in
 * @param moves what checks keys of earlier epochs. Default: nothing, as well
 */
export const createBoardMembers = (
  services: Services,
  mayGenerate: MayGenerate,
  imports?: Pick<ImportSource, "admit" | "constantsOf">,
  moves?: { readonly admit: (proposal: ServerKeyProposal) => Promise<{ readonly isKnown: boolean }> },
): BoardMembers => {
  const presentAt = async (heads: Heads): Promise<Pick<Present, "epoch" | "slots">> => {
    const epoch = await services.members.epochAt(heads.final);
    const [members, absent] = await Promise.all([services.members.of(epoch, heads), services.members.absent(epoch, heads)]);
    return { epoch, slots: members.map(({ slot }) => slot).filter((slot) => !absent.includes(slot)) };
  };

  const assertCurrent = async ({ epoch, members }: ServerKeyProposal): Promise<void> => {
    const present = await presentAt(await services.chain.look());
    const isSame =
      present.epoch === epoch && present.slots.length === members.length && present.slots.every((slot, i) => slot === members[i]);
    if (!isSame) throw notMember("The members of this session are not those of the newest final epoch that are not removed.");
  };

  return {
    present: async () => {
      const heads = await services.chain.look();
      const { epoch, slots } = await presentAt(heads);
      const own = await services.members.own(epoch, heads);
      if (own === undefined || !slots.includes(own.slot))
        throw notMember("This keeper has no part in the newest final epoch, was removed, or was robbed of its account or identity key.");
      return { epoch, slots, ownSlot: own.slot };
    },
    contextOf: async (proposal) => {
      const { epoch, members, coordinator } = proposal;
      const heads = services.chain.seen() ?? (await services.chain.look());
      const [known, own] = await Promise.all([membersOf(services, epoch, heads), services.members.own(epoch, heads)]);
      if (own === undefined) throw notMember("This keeper has no part in the epoch of this session.");
      const found = members.flatMap((slot) => known.members.find((member) => member.slot === slot) ?? []);
      if (found.length < members.length || !members.includes(own.slot) || !members.includes(coordinator))
        throw new KeyquorumError("INVALID_REQUEST", "The members of the session are not members of its epoch.");
      const domain = domainOf(services);
      const context = {
        ...{ domain, slot: own.slot, isSignedBy: known.isSignedBy },
        members: found.map(({ slot, encryptionKey }) => ({ slot, encryptionKey })),
        sign: (said: Parameters<ServerKeyContext["sign"]>[0]) => own.sign({ ...said, domain }),
      };
      if (proposal.moved !== undefined) {
        const { epoch: before } = parseEvidence(proposal.moved.about);
        return { ...context, isDealtBy: (await membersOf(services, before, heads)).isSignedBy };
      }
      if (proposal.imported === undefined) return context;
      const constants = await imports?.constantsOf(proposal, context.members);
      return { ...context, constantOf: (slot) => constants?.get(slot) };
    },
    assertCurrent,
    isHitByRemoval: async ({ epoch, members }) => {
      const absent = await services.members.absent(epoch, await services.chain.look());
      return members.some((slot) => absent.includes(slot));
    },
    admit: async (proposal) => {
      if (proposal.moved !== undefined) {
        if (moves === undefined) throw new KeyquorumError("ACCESS_DENIED", "This keeper takes no keys of other epochs.");
        await assertCurrent(proposal);
        // A key that is new to this keeper is let in as if it were generated: old members vouch for it, and not for this operator's rules.
        if (!(await moves.admit(proposal)).isKnown) await mayGenerate(proposal);
        return;
      }
      if (proposal.imported !== undefined) {
        if (imports === undefined) throw new KeyquorumError("ACCESS_DENIED", "This keeper imports no keys.");
        await assertCurrent(proposal);
        await imports.admit(proposal);
        return;
      }
      await requireGenerationByAuthor(services, { ...proposal, serverKeyId: hexToBytes(proposal.serverKeyId, 32) });
      if (proposal.threshold + 1 > proposal.members.length)
        throw new KeyquorumError("INVALID_REQUEST", "t is below the number of members.");
      await assertCurrent(proposal);
      await mayGenerate(proposal);
    },
  };
};

const notMember = (sentence: string): KeyquorumError => new KeyquorumError("NOT_MEMBER", sentence);
