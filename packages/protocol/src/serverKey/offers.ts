import { bytesToHex } from "@keyquorum/wire";
import type { ServerKeyProposal } from "./messages.ts";
import { type RowName, rowNameOf } from "./moved.ts";
import { contentOf } from "./statements.ts";

/** A coordinator asks for all contributions within seconds. */
const OFFER_MILLISECONDS = 15_000;
const MOST_OFFERS = 256;
const MOST_OF_ONE_COORDINATOR = 32;

/**
 * Contributions that were given and not used, in memory: a restart forgets them, and their sessions never begin. A contribution serves one session, and
 * none once it was dropped, so a session that was given up can never be entered again. Bounded in all and for each coordinator.
 */
export type Offers = {
  /**
   * The contribution to this proposal; undefined while another one of this id is under way. Of several at once one wins: that of the lowest coordinator,
   * which gave none to another before it began. What has the contributions of all is thus never displaced.
   */
  readonly give: (proposal: ServerKeyProposal, ownSlot: number, draw: () => Uint8Array) => Uint8Array | undefined;
  /** Whose proposal an offer that still holds is to. */
  readonly coordinatorOf: (name: RowName) => number | undefined;
  readonly holds: (proposal: ServerKeyProposal, contribution: Uint8Array) => boolean;
  readonly drop: (name: RowName) => void;
  /** Drops the offer of this very contribution. */
  readonly use: (name: RowName, contribution: Uint8Array) => void;
  /** Drops the offer to this very proposal. */
  readonly withdraw: (proposal: ServerKeyProposal) => void;
};

type Offer = { readonly proposal: ServerKeyProposal; readonly contribution: Uint8Array; readonly at: number };

export const createOffers = (now: () => number): Offers => {
  const offers = new Map<RowName, Offer>();

  const live = (name: RowName): Offer | undefined => {
    const offer = offers.get(name);
    return offer !== undefined && isYoung(offer, now()) ? offer : undefined;
  };

  const makeRoom = (coordinator: number): boolean => {
    for (const [id, offer] of offers) if (!isYoung(offer, now())) offers.delete(id);
    const ofCoordinator = [...offers.values()].filter(({ proposal }) => proposal.coordinator === coordinator).length;
    return offers.size < MOST_OFFERS && ofCoordinator < MOST_OF_ONE_COORDINATOR;
  };

  return {
    give: (proposal, ownSlot, draw) => {
      const { coordinator } = proposal;
      const held = live(rowNameOf(proposal));
      if (held !== undefined && isSame(held.proposal, proposal)) return held.contribution;
      if (held !== undefined && (held.proposal.coordinator <= coordinator || coordinator === ownSlot)) return undefined;
      if (held === undefined && !makeRoom(coordinator)) return undefined;
      const contribution = draw();
      offers.set(rowNameOf(proposal), { proposal, contribution, at: now() });
      return contribution;
    },
    coordinatorOf: (name) => live(name)?.proposal.coordinator,
    holds: (proposal, contribution) => {
      const held = live(rowNameOf(proposal));
      return held !== undefined && isSame(held.proposal, proposal) && bytesToHex(held.contribution) === bytesToHex(contribution);
    },
    drop: (name) => void offers.delete(name),
    use: (name, contribution) => {
      const held = offers.get(name);
      if (held !== undefined && bytesToHex(held.contribution) === bytesToHex(contribution)) offers.delete(name);
    },
    withdraw: (proposal) => {
      const held = offers.get(rowNameOf(proposal));
      if (held !== undefined && isSame(held.proposal, proposal)) offers.delete(rowNameOf(proposal));
    },
  };
};

/** A clock that was set back ends an offer too. */
const isYoung = ({ at }: Offer, now: number): boolean => now >= at && now - at < OFFER_MILLISECONDS;

/** A proposal's content covers all of its fields but the id. */
const isSame = (a: ServerKeyProposal, b: ServerKeyProposal): boolean =>
  a.serverKeyId === b.serverKeyId && bytesToHex(contentOf(a)) === bytesToHex(contentOf(b));
