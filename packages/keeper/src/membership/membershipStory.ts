import type { Heads } from "@keyquorum/chain";
import { createClockWatch } from "../report/clockWatch.ts";
import type { KeeperStatus } from "../report/status.ts";
import type { Core } from "../run/core.ts";
import { every } from "../run/every.ts";
import { ALWAYS } from "../run/resends.ts";
import type { Story } from "../run/story.ts";
import { restWhileQuiet } from "../run/whileQuiet.ts";
import { identityText } from "./identity.ts";
import { createEraseIdentities } from "./identityErasure.ts";
import { MEMBERSHIP_DUTIES } from "./membershipDuties.ts";
import { createPeerClocks } from "./peerClocks.ts";
import { createPostEpochKey } from "./postEpochKey.ts";

const ERASE_EVERY_MILLISECONDS = 10_000;

/** This keeper as a member of epochs: it learns what the registry says of it, posts an encryption key for each epoch, and ages with its identities. */
export const membershipStory = (core: Core, neededEpochs: NonNullable<Story["neededEpochs"]>): Story => {
  const { standing, identities, operator, shares, clock } = core;
  const clockWatch = createClockWatch(core);
  const comparePeerClocks = createPeerClocks({
    endpoints: (heads) => endpointsOfOthers(core, heads),
    fetch: core.fetchPeer,
    ...{ clock, log: core.log, watch: clockWatch, signal: core.stopping },
  });
  const eraseIdentities = createEraseIdentities({ ...core, committees: shares.committees, slot: standing.slot, neededEpochs });
  /** For governance, as its log says: then it asks at every head. */
  const isWaiting = (): boolean =>
    standing.slot() === 0 || standing.lostEpochs().length > 0 || standing.isOperatorRevoked() || !standing.isOperatorRegistered();
  const look = restWhileQuiet({ clock, ...core.seen, isWaiting }, standing.refresh);
  return {
    name: "membership",
    on: MEMBERSHIP_DUTIES,
    work: { epochKey: { handler: createPostEpochKey(core) } },
    mayResend: { epochKey: ALWAYS },
    beforeWork: async (seen) => {
      clockWatch.noteHead(seen.head);
      await comparePeerClocks(seen);
      await look(seen.head);
    },
    upkeep: every(ERASE_EVERY_MILLISECONDS, clock, eraseIdentities),
    status: () =>
      ({
        operator,
        identityKey: identityText(standing.identity()),
        identityKeys: identities.all().map(identityText),
        lostEpochs: standing.lostEpochs(),
        operatorRegistered: standing.isOperatorRegistered(),
        operatorRevoked: standing.isOperatorRevoked(),
        revokedEpochs: standing.revokedEpochs(),
        slot: standing.slot(),
        epoch: standing.epoch(),
      }) satisfies Partial<KeeperStatus>,
  };
};

const MOST_PEERS = 8;

/** As the registry has them; of members of the newest epoch. */
const endpointsOfOthers = async ({ standing, shares, reader }: Core, heads: Heads): Promise<readonly string[]> => {
  if (standing.epoch() === 0) return [];
  const members = await shares.committees.of(standing.epoch(), heads);
  const others = members.filter(({ slot }) => slot !== standing.slot());
  const records = await Promise.all(others.slice(0, MOST_PEERS).map(({ slot }) => reader.at(heads.head.hash).keeperAt(slot)));
  return records.flatMap((record) => (record === undefined || record.endpoint === "" ? [] : [record.endpoint]));
};
