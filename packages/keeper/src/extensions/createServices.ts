import { callAt, verifySignature } from "@keyquorum/chain";
import { createPermissionDoor } from "../contracts/permissionDoor.ts";
import { peerRoutes } from "../peers/peerRoutes.ts";
import type { Core } from "../run/core.ts";
import { createEpochKeys } from "./epochKeys.ts";
import { ownName, purposeOf } from "./names.ts";
import { createOwnEpochs } from "./ownEpochs.ts";
import type { OwnFollowers } from "./ownFollowers.ts";
import { createOwnMembers } from "./ownMembers.ts";
import { createOwnMetrics } from "./ownMetrics.ts";
import { createOwnReleases } from "./ownReleases.ts";
import { ownStores, ownTable } from "./ownStores.ts";
import { createOwnTransactions } from "./ownTransactions.ts";
import type { ExtensionServices } from "./services.ts";

/** The services of one extension. Its name stands in all that it names, and is not its to say. */
export const createServices = (extension: string, core: Core, followers: OwnFollowers): ExtensionServices => {
  const { vault, nonces, readiness, seen } = core;
  const maxHeadAge = core.config.chain.maxHeadAgeSeconds;
  const permissions = createPermissionDoor({ ...core, maxHeadAge, minHeadNumber: seen.mirrored });
  return {
    chain: {
      ...{ rpc: core.rpc, contracts: core.contracts, seen: seen.now, look: core.look },
      call: (question, { hash }) => callAt(core.rpc, question, hash),
    },
    decidePermission: async (question) => {
      const seenHeads = await permissions.look();
      const { head, final } = seenHeads;
      return { decision: await permissions.decide(question, seenHeads), heads: { head, final } };
    },
    verifySignature: (claim, heads) => {
      const { rpc, contracts, config } = core;
      return verifySignature({ rpc, from: contracts.addresses.shareRequests, factories: config.wallets.factories }, claim, heads);
    },
    recordRelease: createOwnReleases(extension, core),
    members: createOwnMembers(extension, core),
    epochs: createOwnEpochs(core),
    peers: { ask: core.peers.ask, answer: (answerers) => peerRoutes({ ...core, answerers }) },
    epochKeys: createEpochKeys(extension, core),
    transactions: createOwnTransactions(extension, core),
    follow: followers.follow,
    table: (name) => ownTable(extension, vault, name),
    held: () => vault.sealedTables.held(extension),
    transaction: (work) => vault.transaction((tx) => work(ownStores(extension, tx))),
    clock: core.clock,
    random: (use) => nonces({ ...use, purpose: purposeOf(extension) }),
    log: core.log.child({ extension }),
    metrics: createOwnMetrics(extension, core.metrics.registry),
    setUnready: (reason, holds) => readiness.set(ownName(extension, reason), holds),
    assertServing: core.assertServing,
    stopping: core.stopping,
  };
};
